import type { Unit } from "../../api/directory.ts";

export interface Node {
  unit: Unit;
  children: Node[];
}

/** isUncovered is whether a unit has a role that nobody on duty fills. */
export function isUncovered(unit: Unit): boolean {
  return unit.roles.some((role) => role.on_duty.length === 0);
}

/**
 * treeOf builds house > clinic > ward. A unit whose parent is missing, or that is its own
 * ancestor, stands at the top: better in the wrong place than not there.
 */
export function treeOf(units: readonly Unit[]): Node[] {
  const nodes = new Map(units.map((unit) => [unit.id, { unit, children: [] as Node[] }]));
  const roots: Node[] = [];
  for (const node of nodes.values()) {
    const parent = nodes.get(node.unit.parent_id ?? "");
    if (parent && !isBelowItself(node.unit, nodes)) parent.children.push(node);
    else roots.push(node);
  }
  return sorted(roots);
}

function isBelowItself(unit: Unit, nodes: ReadonlyMap<string, Node>): boolean {
  const passed = new Set<string>();
  for (let at: Unit | undefined = unit; at; at = nodes.get(at.parent_id ?? "")?.unit) {
    if (passed.has(at.id)) return true;
    passed.add(at.id);
  }
  return false;
}

function sorted(nodes: Node[]): Node[] {
  nodes.sort((a, b) => a.unit.name.localeCompare(b.unit.name, "de", { numeric: true }));
  for (const node of nodes) sorted(node.children);
  return nodes;
}

/** onlyUncovered keeps what has an uncovered role, and the way to it. */
export function onlyUncovered(nodes: readonly Node[]): Node[] {
  return nodes
    .map(({ unit, children }) => ({ unit, children: onlyUncovered(children) }))
    .filter(({ unit, children }) => isUncovered(unit) || children.length > 0);
}

/** belowOrSelf are the ids of a unit and of all units below it; circles in the data end. */
export function belowOrSelf(units: readonly Unit[], id: string): Set<string> {
  const found = new Set(id ? [id] : []);
  for (let grown = true; grown; ) {
    grown = false;
    for (const unit of units) {
      if (found.has(unit.id) || !found.has(unit.parent_id ?? "")) continue;
      found.add(unit.id);
      grown = true;
    }
  }
  return found;
}
