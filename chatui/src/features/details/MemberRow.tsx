import { ActionIcon, Badge, Menu, Text } from "@mantine/core";
import { IconDotsVertical, IconShieldCheck, IconUserMinus } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Chat, Member, Role } from "../../chat/model.ts";
import { usePerson } from "../auth/usePerson.ts";
import { Avatar } from "../chat/Avatar.tsx";
import classes from "./Details.module.css";

const roles: readonly Role[] = ["owner", "moderator", "member", "reader"];

export interface MemberActs {
  role(member: Member, role: Role): void;
  remove(member: Member): void;
}

/** rightsIn says what this person may do with another in a room; the hub decides again. */
export function rightsIn(chat: Pick<Chat, "kind" | "role" | "state">, member: Member, me: string): { remove: boolean; role: boolean } {
  const other = chat.kind === "group" && chat.state === "ready" && member.user !== me && !member.recorder;
  const remove = other && (chat.role === "owner" || (chat.role === "moderator" && member.role !== "owner"));
  return { remove, role: other && chat.role === "owner" };
}

function MemberMenu({ chat, member, acts }: { chat: Chat; member: Member; acts: MemberActs }) {
  const { t } = useTranslation("details");
  const navigate = useNavigate();
  const { id: me } = usePerson();
  const rights = rightsIn(chat, member, me);
  return (
    <Menu position="bottom-end" withinPortal width={280}>
      <Menu.Target>
        <ActionIcon size={44} aria-label={t("member.menu", { name: member.name })} data-testid="member-menu">
          <IconDotsVertical size={20} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {!member.recorder && (
          <Menu.Item
            mih={44}
            leftSection={<IconShieldCheck size={20} />}
            onClick={() => void navigate({ to: "/chat/$id/safety/$user", params: { id: chat.id, user: member.user } })}
          >
            {t("safety.title")}
          </Menu.Item>
        )}
        {rights.role && (
          <>
            <Menu.Label>{t("member.role")}</Menu.Label>
            <Menu.RadioGroup value={member.role} onChange={(next) => acts.role(member, next as Role)}>
              {roles.map((role) => (
                <Menu.RadioItem key={role} value={role} mih={44} closeMenuOnClick data-testid={`role-${role}`}>
                  {t(`role.${role}`)}
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
          </>
        )}
        {rights.remove && (
          <>
            <Menu.Divider />
            <Menu.Item mih={44} color="var(--mantine-color-error)" leftSection={<IconUserMinus size={20} />} onClick={() => acts.remove(member)} data-testid="remove-member">
              {t("member.remove")}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

export function MemberRow({ chat, member, acts }: { chat: Chat; member: Member; acts: MemberActs }) {
  const { t } = useTranslation("details");
  const { id: me } = usePerson();
  const { recorder, role } = member;
  return (
    <li className={classes["member"]} data-testid="member" data-user={member.user} data-role={role} data-recorder={recorder || undefined}>
      <Avatar id={member.user} name={member.name} />
      <span className={classes["words"]}>
        <Text component="span" fw={650} truncate>
          {recorder ? t("recorder.name") : member.user === me ? t("member.me", { name: member.name }) : member.name}
        </Text>
        {recorder && (
          <Text component="span" size="sm" c="dimmed">
            {t("recorder.what")}
          </Text>
        )}
      </span>
      {!recorder && chat.kind === "group" && role !== "member" && <Badge variant="light">{t(`role.${role}`)}</Badge>}
      {!recorder && member.user !== me && <MemberMenu chat={chat} member={member} acts={acts} />}
    </li>
  );
}
