import { Alert, Anchor, Button, Stack, Text, TextInput } from "@mantine/core";
import { SignInCard } from "@wardline/uikit/components/SignInCard.tsx";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import type { DoorState } from "../../client/door.ts";
import { isDeviceCode, typedDeviceCode } from "./deviceCode.ts";

interface Props {
  door: DoorState;
  /** Tries a device code; an empty one asks again to be approved. */
  onKnock: (code: string) => void;
  onLeave: () => void;
}

function CodeForm({ door: { fault, trying }, onKnock }: Omit<Props, "onLeave">) {
  const { t } = useTranslation("door");
  const [code, setCode] = useState("");
  const [short, setShort] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  // The button was pressed; what has to be done now is to correct the code.
  useEffect(() => {
    if (fault) field.current?.focus();
  }, [fault]);
  const submit = (submitted: FormEvent): void => {
    submitted.preventDefault();
    setShort(!isDeviceCode(code));
    if (isDeviceCode(code)) onKnock(code);
  };
  return (
    <form onSubmit={submit} aria-label={t("code")}>
      <Stack>
        {fault && (
          <Alert color="red" variant="light" role="alert" data-testid="door-fault">
            {t(`fault.${fault}`)}
          </Alert>
        )}
        <TextInput
          label={t("code")}
          description={t("codeHint")}
          error={short && t("short")}
          ref={field}
          aria-invalid={short || fault === "wrong"}
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          size="md"
          autoFocus
          value={code}
          onChange={(change) => {
            setShort(false);
            setCode(typedDeviceCode(change.currentTarget.value));
          }}
          data-testid="door-code"
        />
        <Button type="submit" fullWidth loading={trying} data-testid="door-submit">
          {t("submit")}
        </Button>
      </Stack>
    </form>
  );
}

/** A code is the other way in for who waits; it is not in the way of those who have none. */
function OtherWay({ onOpen }: { onOpen: () => void }) {
  const { t } = useTranslation("door");
  return (
    <Button variant="default" fullWidth onClick={onOpen} data-testid="door-have-code">
      {t("haveCode")}
    </Button>
  );
}

/** DoorPage stands in place of every page while this browser is no device of the account. */
export function DoorPage({ door, onKnock, onLeave }: Props) {
  const { t } = useTranslation("door");
  const [asked, setAsked] = useState(false);
  const { why } = door;
  return (
    <SignInCard
      title={t("title")}
      footer={
        <Anchor component="button" type="button" onClick={onLeave}>
          {t("session.signOut", { ns: "ui" })}
        </Anchor>
      }
    >
      <Stack data-testid="door" data-why={why}>
        <Text role="status">{t(`why.${why}`)}</Text>
        <Text c="dimmed">{t("noAlarms")}</Text>
        {why === "refused" && (
          <Button fullWidth loading={door.trying} onClick={() => onKnock("")} data-testid="door-again">
            {t("again")}
          </Button>
        )}
        {why === "managed" || asked ? (
          <CodeForm door={door} onKnock={onKnock} />
        ) : (
          <OtherWay onOpen={() => setAsked(true)} />
        )}
      </Stack>
    </SignInCard>
  );
}
