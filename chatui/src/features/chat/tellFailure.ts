import { notifications } from "@mantine/notifications";
import i18next from "i18next";
import { codeKey } from "./codeText.ts";

/** tellFailure says in passing that something pressed has not worked. */
export function tellFailure(error: unknown): void {
  const { key, ns } = codeKey(error);
  notifications.show({
    id: "chat-failure",
    message: i18next.t(key, { ns }),
    color: "red.9",
    closeButtonProps: { "aria-label": i18next.t("close", { ns: "ui" }) },
  });
}
