import { Text, UnstyledButton } from "@mantine/core";
import { IconLogout } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ConfirmModal } from "@wardline/uikit/components/ConfirmModal.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Chat } from "../../chat/model.ts";
import { useChatActions } from "../../chat/useChat.ts";
import { tellFailure } from "../chat/tellFailure.ts";
import classes from "./Details.module.css";

/** Leave tells an owner who takes the room over before they go. */
export function Leave({ chat }: { chat: Chat }) {
  const { t } = useTranslation("details");
  const { leave } = useChatActions();
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const run = useMutation({
    mutationFn: () => leave(chat.id),
    onSuccess: () => navigate({ to: "/" }),
    onError: tellFailure,
  });
  return (
    <>
      <UnstyledButton className={classes["action"] ?? ""} data-dangerous onClick={() => setAsking(true)} data-testid="leave">
        <IconLogout size={24} aria-hidden="true" />
        <Text component="span" fw={600}>
          {t("leave.title")}
        </Text>
      </UnstyledButton>
      <ConfirmModal
        opened={asking}
        title={t("leave.question")}
        confirmLabel={t("leave.title")}
        dangerous
        pending={run.isPending}
        onConfirm={() => run.mutate()}
        onClose={() => setAsking(false)}
      >
        <Text>{t("leave.hint")}</Text>
        {chat.role === "owner" && <Text mt="xs">{t("leave.owner")}</Text>}
      </ConfirmModal>
    </>
  );
}
