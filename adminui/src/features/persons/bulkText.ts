import type { Bulk, BulkOp } from "../../api/staff.ts";

/** What some bulks need beside the people. */
export type BulkInput = Pick<Bulk, "unit" | "field" | "text" | "group">;

/** missing is whether a bulk lacks what it needs; an empty text takes the hand's word back. */
export function missing(op: BulkOp, { unit, field, group }: BulkInput): boolean {
  switch (op) {
    case "lock":
    case "unlock":
      return false;
    case "add_unit":
    case "remove_unit":
      return !unit;
    case "set_field":
      return !field;
    case "add_group":
    case "remove_group":
      return !group;
  }
}
