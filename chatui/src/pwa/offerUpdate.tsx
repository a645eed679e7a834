import { Button, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import i18next from "i18next";

/** offerUpdate asks before it reloads: nobody loses a text in the middle of typing. */
export function offerUpdate(apply: () => void): void {
  notifications.show({
    id: "update",
    autoClose: false,
    closeButtonProps: { "aria-label": i18next.t("close", { ns: "ui" }) },
    title: i18next.t("update.title"),
    message: (
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{i18next.t("update.hint")}</Text>
        <Button size="xs" onClick={apply}>
          {i18next.t("update.apply")}
        </Button>
      </Stack>
    ),
  });
}
