import type { RulesForm } from "../../api/staff.ts";
import { fields } from "../persons/useFieldName.ts";

export type Precedence = RulesForm["precedence"];

/** What precedence decides beside the fields: who may let somebody go, whose units count. */
export const ruled: readonly string[] = [...fields, "status", "unit"];

/** moved puts one entry of a list before or after its neighbour; at the ends nothing moves. */
export function moved(list: readonly string[], at: number, by: -1 | 1): string[] {
  const next = [...list];
  const to = at + by;
  const [one, other] = [next[at], next[to]];
  if (one === undefined || other === undefined) return next;
  next[at] = other;
  next[to] = one;
  return next;
}

/** withOrder sets the order of one field; an empty list is no rule at all. */
export function withOrder(all: Precedence, field: string, list: readonly string[]): Precedence {
  const { [field]: _, ...others } = all;
  return list.length === 0 ? others : { ...others, [field]: [...list] };
}

/** sameForm is whether two sets of rules decide alike. */
export function sameForm(a: RulesForm, b: RulesForm): boolean {
  const listed = ({ precedence }: RulesForm): string =>
    JSON.stringify(
      Object.entries(precedence)
        .filter(([, list]) => list.length > 0)
        .sort(([x], [y]) => x.localeCompare(y)),
    );
  return a.limit_percent === b.limit_percent && a.limit_accounts === b.limit_accounts && listed(a) === listed(b);
}

/** wrongLimit is what is wrong with a limit of the brake, as a key of words; "" if nothing is. */
export function wrongLimit(value: number, most: number): "" | "whole" | "range" {
  if (!Number.isInteger(value)) return "whole";
  return value < 1 || value > most ? "range" : "";
}

/** Where the hand is one source among others, and has no place of its own before the list. */
const handJoins: ReadonlySet<string> = new Set(["status", "unit"]);

/** asRead is an order as it works: the hand comes first unless the list gives it a place. */
export function asRead(field: string, list: readonly string[], hand: string): string[] {
  const first = list.length > 0 && !handJoins.has(field) && !list.includes(hand);
  return first ? [hand, ...list] : [...list];
}

/** asKept is what is stored of an order: the hand first, or alone, is what holds without a word. */
export function asKept(field: string, list: readonly string[], hand: string): string[] {
  return !handJoins.has(field) && list[0] === hand ? list.slice(1) : [...list];
}

/** mayLeave is whether a source can be taken out of an order; the hand has always a place among values. */
export function mayLeave(field: string, id: string, hand: string): boolean {
  return id !== hand || handJoins.has(field);
}

/** handDecides is whether sources below the hand, or not listed, can let nobody go whom the hand knows. */
export function handDecides(field: string, list: readonly string[], hand: string): boolean {
  return field === "status" && list.includes(hand);
}
