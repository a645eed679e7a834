import { useUnits } from "../units/calls.ts";

interface Choice {
  value: string;
  label: string;
}

/** useTargets are the duty roles and units a group may be bound to. */
export function useTargets(): { roles: Choice[]; units: Choice[] } {
  const items = useUnits().data?.items ?? [];
  return {
    units: items.map(({ id, name, code }) => ({ value: id, label: `${name} (${code})` })),
    roles: items.flatMap((unit) => unit.roles.map(({ id, name }) => ({ value: id, label: `${name} · ${unit.name}` }))),
  };
}
