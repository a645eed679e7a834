import type { Following, FollowingRow } from "../../api/staff.ts";

/** followingOf finds the room that follows one thing. */
export function followingOf(rows: readonly FollowingRow[], of: Following): FollowingRow | undefined {
  return rows.find(
    (row) =>
      (of.unit_id !== undefined && row.unit_id === of.unit_id) ||
      (of.role_id !== undefined && row.role_id === of.role_id) ||
      (of.group_id !== undefined && row.group_id === of.group_id),
  );
}
