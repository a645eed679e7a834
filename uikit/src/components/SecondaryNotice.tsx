import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

/**
 * SecondaryNotice stands wherever alerts are shown: Wardline informs beside the
 * nurse call system and must never be taken for it.
 */
export function SecondaryNotice() {
  const { t } = useTranslation("ui");
  return (
    <Text size="xs" c="dimmed" role="note">
      {t("secondaryNotice")}
    </Text>
  );
}
