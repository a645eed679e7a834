import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

interface Props {
  opened: boolean;
  title: string;
  /** What will happen, and to how many. */
  children: ReactNode;
  confirmLabel?: string;
  /** Red button, for what cannot simply be taken back. */
  dangerous?: boolean;
  /** Has to be typed before the button works: {label, word}. */
  typed?: { label: string; word: string };
  pending?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

export function ConfirmModal(props: Props) {
  const { t } = useTranslation("ui");
  const [word, setWord] = useState("");
  const locked = props.typed !== undefined && word !== props.typed.word;
  const close = (): void => {
    setWord("");
    props.onClose();
  };
  return (
    <Modal
      opened={props.opened}
      onClose={close}
      title={props.title}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <Stack>
        <div>{props.children}</div>
        {props.typed && (
          <TextInput
            label={props.typed.label}
            value={word}
            onChange={(change) => setWord(change.currentTarget.value)}
          />
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t("cancel")}
          </Button>
          <Button
            disabled={locked}
            loading={props.pending ?? false}
            onClick={props.onConfirm}
            {...(props.dangerous ? { color: "red.9" } : {})}
          >
            {props.confirmLabel ?? t("confirm")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
