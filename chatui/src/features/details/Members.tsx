import { Title, UnstyledButton, Text } from "@mantine/core";
import { IconUserPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ConfirmModal } from "@wardline/uikit/components/ConfirmModal.tsx";
import { ErrorState } from "@wardline/uikit/components/ErrorState.tsx";
import { PagePending } from "@wardline/uikit/components/PagePending.tsx";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Chat, Member, Role } from "../../chat/model.ts";
import { useChatActions } from "../../chat/useChat.ts";
import { tellFailure } from "../chat/tellFailure.ts";
import classes from "./Details.module.css";
import { membersKey } from "./keys.ts";
import { MemberRow } from "./MemberRow.tsx";

const rank: Readonly<Record<Role, number>> = { owner: 0, moderator: 1, member: 2, reader: 3 };

/** byRank: owners first, then by name; the recorder last. */
export function byRank(a: Member, b: Member): number {
  return Number(a.recorder) - Number(b.recorder) || rank[a.role] - rank[b.role] || a.name.localeCompare(b.name, "de");
}

/** useMembers follows the roster of a room; every line in the room may have changed it. */
export function useMembers(chat: Chat) {
  const { members } = useChatActions();
  const query = useQuery({ queryKey: membersKey(chat.id), queryFn: () => members(chat.id), retry: false });
  const { refetch } = query;
  useEffect(() => {
    void refetch();
  }, [chat.lastSeq, chat.members, chat.role, refetch]);
  return query;
}

export function mayManage(chat: Chat): boolean {
  return chat.kind === "group" && chat.state === "ready" && (chat.role === "owner" || chat.role === "moderator");
}

/** Members are everybody in the room, the recorder always among them. */
export function Members({ chat }: { chat: Chat }) {
  const { t } = useTranslation("details");
  const queries = useQueryClient();
  const { removeMember, setRole } = useChatActions();
  const { data, error, refetch } = useMembers(chat);
  const [leaving, setLeaving] = useState<Member | null>(null);
  const onSettled = (): Promise<void> => queries.invalidateQueries({ queryKey: membersKey(chat.id) });
  const remove = useMutation({
    mutationFn: ({ user }: Member) => removeMember(chat.id, user),
    onSuccess: () => setLeaving(null),
    onError: tellFailure,
    onSettled,
  });
  const change = useMutation({
    mutationFn: ({ member, role }: { member: Member; role: Role }) => setRole(chat.id, member.user, role),
    onError: tellFailure,
    onSettled,
  });
  const acts = { role: (member: Member, role: Role) => change.mutate({ member, role }), remove: setLeaving };
  return (
    <section aria-label={t("members")}>
      <Title order={2} size="h5" mb={4}>
        {data ? t("membersCount", { count: data.filter(({ recorder }) => !recorder).length }) : t("members")}
      </Title>
      {mayManage(chat) && (
        <UnstyledButton component={Link} to={`/chat/${chat.id}/add`} className={classes["action"] ?? ""} data-testid="add-members">
          <IconUserPlus size={24} color="var(--wl-accent)" aria-hidden="true" />
          <Text component="span" fw={600}>
            {t("add.title")}
          </Text>
        </UnstyledButton>
      )}
      {!data && (error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <PagePending />)}
      {data && (
        <ul className={classes["list"]} aria-label={t("members")}>
          {[...data].sort(byRank).map((member) => (
            <MemberRow key={member.user} chat={chat} member={member} acts={acts} />
          ))}
        </ul>
      )}
      <ConfirmModal
        opened={leaving !== null}
        title={t("member.removeTitle", { name: leaving?.name ?? "" })}
        confirmLabel={t("member.remove")}
        dangerous
        pending={remove.isPending}
        onConfirm={() => leaving && remove.mutate(leaving)}
        onClose={() => setLeaving(null)}
      >
        {t("member.removeHint")}
      </ConfirmModal>
    </section>
  );
}
