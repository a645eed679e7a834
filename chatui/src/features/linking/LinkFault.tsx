import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { codeKey } from "../chat/codeText.ts";

/** LinkFault says what was wrong with a code; nothing while all is well. */
export function LinkFault({ error }: { error: unknown }) {
  const { t } = useTranslation("linking");
  if (!error) return null;
  const { key, ns } = codeKey(error);
  return (
    <Text role="alert" c="var(--mantine-color-error)" data-testid="link-fault">
      {t(key, { ns })}
    </Text>
  );
}
