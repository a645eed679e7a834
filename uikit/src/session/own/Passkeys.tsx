import { ActionIcon, Badge, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconFingerprint, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../../api/problem.ts";
import { ConfirmModal } from "../../components/ConfirmModal.tsx";
import { Time } from "../../components/Time.tsx";
import { addPasskey, deletePasskey, passkeys, type Passkey } from "../accessApi.ts";
import { useProve } from "../ProofProvider.tsx";
import { Refusal } from "../Refusal.tsx";
import { passkeyFailure } from "../signInText.ts";
import { passkeySupport } from "../webauthn.ts";

const key = ["me", "passkeys"] as const;

function Line({ passkey, onDelete }: { passkey: Passkey; onDelete: () => void }) {
  const { t } = useTranslation("ui");
  return (
    <Group justify="space-between" wrap="nowrap" data-testid="passkey">
      <div>
        <Group gap="xs">
          <Text fw={500}>{passkey.name}</Text>
          {!passkey.here && <Badge variant="light">{t("own.passkeys.elsewhere")}</Badge>}
          {passkey.cloned && <Badge color="red">{t("own.passkeys.cloned")}</Badge>}
        </Group>
        <Text size="sm" c="dimmed">
          {passkey.last_used ? (
            <>
              {t("own.passkeys.used")} <Time at={passkey.last_used} />
            </>
          ) : (
            t("own.passkeys.unused")
          )}
        </Text>
      </div>
      <ActionIcon
        variant="subtle"
        color="red"
        size="lg"
        aria-label={t("own.passkeys.delete", { name: passkey.name })}
        onClick={onDelete}
      >
        <IconTrash size={20} />
      </ActionIcon>
    </Group>
  );
}

function AddForm({ onAdded }: { onAdded: () => void }) {
  const { t } = useTranslation("ui");
  const prove = useProve();
  const [name, setName] = useState("");
  const run = useMutation({ mutationFn: () => prove(() => addPasskey(name.trim())), onSuccess: onAdded });
  const missing = passkeySupport();
  const submit = (submitted: FormEvent): void => {
    submitted.preventDefault();
    run.mutate();
  };
  if (missing) return <Text c="dimmed">{t(`session.passkeyFailed.${missing}`)}</Text>;
  return (
    <form onSubmit={submit}>
      <Stack gap="xs">
        {run.isError && <Refusal text={t(passkeyFailure(run.error))} />}
        <Group align="flex-end">
          <TextInput
            label={t("own.passkeys.name")}
            placeholder={t("own.passkeys.example")}
            required
            withAsterisk={false}
            maxLength={100}
            style={{ flex: 1, minWidth: 200 }}
            value={name}
            onChange={(change) => setName(change.currentTarget.value)}
            data-testid="passkey-name"
          />
          <Button
            type="submit"
            leftSection={<IconFingerprint size={18} aria-hidden="true" />}
            loading={run.isPending}
            data-testid="passkey-add"
          >
            {t("own.passkeys.add")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** Passkeys lists the account's own passkeys and makes new ones; onAdded is told of a new one. */
export function Passkeys({ onAdded }: { onAdded?: () => void }) {
  const { t } = useTranslation("ui");
  const prove = useProve();
  const queries = useQueryClient();
  const { data } = useQuery({ queryKey: key, queryFn: passkeys });
  const [doomed, setDoomed] = useState<Passkey | null>(null);
  const again = () => queries.invalidateQueries({ queryKey: key });
  const remove = useMutation({
    mutationFn: (id: string) => prove(() => deletePasskey(id)),
    onSettled: () => setDoomed(null),
    onSuccess: again,
  });
  const lastWay = remove.error instanceof ApiError && remove.error.problem.code === "last_way";
  return (
    <Stack>
      {remove.isError && <Refusal text={t(lastWay ? "own.passkeys.lastWay" : passkeyFailure(remove.error))} />}
      {data?.length === 0 && <Text c="dimmed">{t("own.passkeys.none")}</Text>}
      {data?.map((one) => <Line key={one.id} passkey={one} onDelete={() => setDoomed(one)} />)}
      <AddForm
        key={data?.length ?? 0}
        onAdded={() => {
          void again();
          onAdded?.();
        }}
      />
      <ConfirmModal
        opened={doomed !== null}
        title={t("own.passkeys.deleteTitle")}
        confirmLabel={t("own.passkeys.deleteConfirm")}
        dangerous
        pending={remove.isPending}
        onConfirm={() => doomed && remove.mutate(doomed.id)}
        onClose={() => setDoomed(null)}
      >
        {t("own.passkeys.deleteText", { name: doomed?.name ?? "" })}
      </ConfirmModal>
    </Stack>
  );
}
