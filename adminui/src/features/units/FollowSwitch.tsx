import { Group, Switch, Text } from "@mantine/core";
import { ConfirmModal } from "@wardline/uikit/components/ConfirmModal.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Following } from "../../api/staff.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { useFollow, useFollowings } from "./calls.ts";
import { followingOf } from "./following.ts";

interface Props {
  of: Following;
  label: string;
  /** Tells switches apart where several stand below each other. */
  name: string;
}

/** FollowSwitch lets a room follow a unit or a duty at once, and lets it go after a question. */
export function FollowSwitch({ of, label, name }: Props) {
  const { t } = useTranslation("units");
  const rooms = useFollowings();
  const follow = useFollow();
  const [asking, setAsking] = useState(false);
  const room = followingOf(rooms.data?.items ?? [], of);
  const set = (on: boolean): void =>
    follow.mutate({ following: of, on }, { onSuccess: () => setAsking(false) });
  return (
    <Group gap="sm">
      <Switch
        size="sm"
        label={label}
        aria-label={`${label}: ${name}`}
        checked={room !== undefined}
        disabled={!rooms.data || follow.isPending}
        onChange={(change) => (change.currentTarget.checked ? set(true) : setAsking(true))}
        data-testid="follow"
      />
      {room && (
        <Text size="sm" c="dimmed" data-testid="follow-state">
          {t("follow.state", { name: room.name, count: room.members })}
          {room.waiting > 0 && ` · ${t("follow.waiting", { count: room.waiting })}`}
        </Text>
      )}
      {!asking && <ActionError error={follow.error} />}
      <ConfirmModal
        opened={asking}
        title={t("follow.offTitle", { name: room?.name ?? "" })}
        confirmLabel={t("follow.off")}
        pending={follow.isPending}
        onConfirm={() => set(false)}
        onClose={() => setAsking(false)}
      >
        <Text mb="xs">{t("follow.offText")}</Text>
        <ActionError error={follow.error} />
      </ConfirmModal>
    </Group>
  );
}
