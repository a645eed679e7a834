import { Kbd, Modal, Table } from "@mantine/core";
import { useTranslation } from "react-i18next";

const keys = [
  ["search", ["ctrl", "K"]],
  ["new", ["Alt", "N"]],
  ["next", ["Alt", "↓"]],
  ["previous", ["Alt", "↑"]],
  ["nextUnread", ["Alt", "shift", "↓"]],
  ["previousUnread", ["Alt", "shift", "↑"]],
  ["send", ["enter"]],
  ["line", ["shift", "enter"]],
  ["move", ["↑", "↓"]],
  ["menu", ["shift", "F10"]],
  ["back", ["esc"]],
  ["help", ["ctrl", "/"]],
] as const;

const named = new Set(["ctrl", "shift", "enter", "esc"]);

/** KeyHelp lists the keys; Ctrl+/ opens it. */
export function KeyHelp({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("keys");
  return (
    <Modal opened onClose={onClose} title={t("title")} closeButtonProps={{ "aria-label": t("close") }} data-testid="key-help">
      <Table verticalSpacing="xs">
        <Table.Tbody>
          {keys.map(([what, strokes]) => (
            <Table.Tr key={what}>
              <Table.Th scope="row" fw={500}>
                {t(`what.${what}`)}
              </Table.Th>
              <Table.Td style={{ whiteSpace: "nowrap", textAlign: "end" }}>
                {strokes.map((key, at) => (
                  <span key={key}>
                    {at > 0 && (what === "move" ? " / " : " + ")}
                    <Kbd>{named.has(key) ? t(`key.${key}`) : key}</Kbd>
                  </span>
                ))}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
