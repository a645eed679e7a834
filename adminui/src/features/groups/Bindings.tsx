import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Group } from "../../api/staff.ts";
import { useFollowings } from "../units/calls.ts";
import { followingOf } from "../units/following.ts";
import { useTargets } from "./useTargets.ts";

/** Bindings is what follows a group: a room, a duty, a unit. */
export function Bindings({ group }: { group: Group }) {
  const { t } = useTranslation("groups");
  const { roles, units } = useTargets();
  const room = followingOf(useFollowings().data?.items ?? [], { group_id: group.id });
  const lines = [
    group.room && (room ? t("bound.roomOf", { name: room.name, count: room.members }) : t("bound.room")),
    group.room && room && room.waiting > 0 && t("bound.waiting", { count: room.waiting }),
    group.role_id && t("bound.roleOf", { name: roles.find(({ value }) => value === group.role_id)?.label ?? "" }),
    group.unit_id && t("bound.unitOf", { name: units.find(({ value }) => value === group.unit_id)?.label ?? "" }),
  ].filter((line) => typeof line === "string" && line !== "");
  if (lines.length === 0) return "–";
  return lines.map((line) => (
    <Text key={String(line)} size="sm">
      {line}
    </Text>
  ));
}
