import { Alert, List, Stack, Text, Title } from "@mantine/core";
import { QrCode } from "@wardline/uikit/components/QrCode.tsx";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useMe } from "@wardline/uikit/session/SessionProvider.tsx";
import { useTranslation } from "react-i18next";
import type { Letter } from "../../api/access.ts";
import { PrintBar } from "./PrintBar.tsx";
import classes from "./Sheets.module.css";

function Sheet({ letter }: { letter: Letter & { url: string } }) {
  const { t } = useTranslation("letters");
  const me = useMe();
  return (
    <section className={classes["sheet"]} data-testid="letter">
      <Title order={3}>{t("sheet.title", { clinic: me.clinic.name })}</Title>
      <Text mt="md">{t("sheet.hello", { name: letter.name })}</Text>
      <List type="ordered" my="md">
        <List.Item>{t("sheet.open", { url: new URL(letter.url).origin })}</List.Item>
        <List.Item>
          {t("sheet.login")} <strong>{letter.login}</strong>
        </List.Item>
        <List.Item>
          {t("sheet.code")} <span className={classes["code"]}>{letter.code}</span>
        </List.Item>
      </List>
      <QrCode text={letter.url} label={t("sheet.qr", { name: letter.name })} />
      {letter.expires && (
        <Text mt="md">
          {t("sheet.until")} <Time at={letter.expires} format="absolute" />
        </Text>
      )}
      <Text mt="md" size="sm">
        {t("sheet.destroy")}
      </Text>
    </section>
  );
}

/** Sheets shows the letters this one time; whoever closes them has to make new ones. */
export function Sheets({ letters, onDone }: { letters: Letter[]; onDone: () => void }) {
  const { t } = useTranslation("letters");
  const failed = letters.filter(({ code }) => !code);
  return (
    <Stack>
      <Alert color="orange" variant="light" role="status">
        {t("once")}
      </Alert>
      {failed.length > 0 && (
        <Alert color="red" variant="light">
          {t("failed", { names: failed.map(({ name, login }) => name || login).join(", ") })}
        </Alert>
      )}
      <PrintBar onDone={onDone} />
      <div className={classes["paper"]}>
        <Stack>
          {letters.map((letter) =>
            letter.url ? <Sheet key={letter.account_id} letter={{ ...letter, url: letter.url }} /> : null,
          )}
        </Stack>
      </div>
    </Stack>
  );
}
