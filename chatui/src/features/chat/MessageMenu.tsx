import { Menu, UnstyledButton } from "@mantine/core";
import { IconCheck, IconCopy, IconInfoCircle, IconRefresh, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { TextEntry } from "../../chat/model.ts";
import { usePerson } from "../auth/usePerson.ts";
import { mayConfirm, type MessageActs } from "./acts.ts";
import classes from "./Message.module.css";

interface Props {
  entry: TextEntry;
  acts: MessageActs;
  onClose: () => void;
}

/** MessageMenu is mounted for the one message whose menu is open. */
export function MessageMenu({ entry, acts, onClose }: Props) {
  const { t } = useTranslation("chat");
  const { id: me } = usePerson();
  const failed = entry.delivery === "failed";
  return (
    <Menu opened onClose={onClose} position="bottom-end" withinPortal returnFocus={false} trapFocus>
      <Menu.Target>
        <UnstyledButton className={classes["more"] ?? ""} aria-label={t("menu.label")} />
      </Menu.Target>
      <Menu.Dropdown data-testid="message-menu-items">
        {entry.mine && entry.seq !== null && (
          <Menu.Item mih={44} leftSection={<IconInfoCircle size={20} />} onClick={() => acts.info(entry)}>
            {t("menu.info")}
          </Menu.Item>
        )}
        {mayConfirm(entry, me, acts) && (
          <Menu.Item mih={44} leftSection={<IconCheck size={20} />} onClick={() => acts.confirm(entry)}>
            {t("urgent.confirm")}
          </Menu.Item>
        )}
        {failed && (
          <Menu.Item mih={44} leftSection={<IconRefresh size={20} />} onClick={() => acts.retry(entry)}>
            {t("failed.retry")}
          </Menu.Item>
        )}
        <Menu.Item
          mih={44}
          leftSection={<IconCopy size={20} />}
          onClick={() => void navigator.clipboard?.writeText(entry.text).catch(() => undefined)}
        >
          {t("menu.copy")}
        </Menu.Item>
        {failed && (
          <Menu.Item mih={44} leftSection={<IconTrash size={20} />} onClick={() => acts.discard(entry)}>
            {t("failed.discard")}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
