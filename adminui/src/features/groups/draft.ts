import type { Group, GroupForm, GroupSave } from "../../api/staff.ts";
import { isWhole } from "./expression.ts";

/** What is edited of a group: the form, and its members where they are chosen by hand. */
export interface Draft {
  id?: string;
  form: GroupForm;
  /** Absent until they have been read or touched: then the stored ones stay. */
  members?: string[];
}

export const newDraft: Draft = {
  form: { name: "", kind: "rule", rule: { all: [{ any: [{ field: "unit", op: "under", text: "" }] }] }, room: false },
  members: [],
};

export function draftOf({ id, name, kind, rule, room, role_id: role, unit_id: unit, revision }: Group): Draft {
  return {
    id,
    form: {
      name,
      kind,
      room,
      revision,
      ...(rule ? { rule } : {}),
      ...(role ? { role_id: role } : {}),
      ...(unit ? { unit_id: unit } : {}),
    },
  };
}

/** saveOf is what the hub is told: a rule only of a rule's group, members only of the hand's. */
export function saveOf({ id, form, members }: Draft): GroupSave & { id?: string } {
  const { rule, name, role_id: role, unit_id: unit, ...others } = form;
  return {
    ...(id ? { id } : {}),
    group: {
      ...others,
      name: name.trim(),
      // An empty id is no id to the hub: what is bound to nothing stays unsaid.
      ...(role ? { role_id: role } : {}),
      ...(unit ? { unit_id: unit } : {}),
      ...(form.kind === "rule" && rule ? { rule } : {}),
    },
    ...(form.kind === "hand" && members ? { members } : {}),
  };
}

/** lacks is what a draft needs before it can be saved, as a key of words; "" if nothing. */
export function lacks({ form }: Draft): "" | "name" | "rule" {
  if (form.name.trim() === "") return "name";
  return form.kind === "rule" && !isWhole(form.rule ?? { all: [] }) ? "rule" : "";
}
