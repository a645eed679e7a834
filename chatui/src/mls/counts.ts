/**
 * Counts is what each device of a room has numbered so far (chat.md, "Inside a message").
 * Plain JSON; immutable.
 */
export interface Counts {
  readonly [device: string]: Count;
}

export interface Count {
  /** "" until the first message is seen. */
  readonly run: string;
  readonly n: number;
  /** Runs before this one, newest first. */
  readonly old: readonly string[];
  /** Items of this device that could not be opened: numbers missing for a known reason. */
  readonly broken: number;
  /** Was in the room before us: its first number is taken as it is. */
  readonly elder: boolean;
}

export type CountWarning =
  /** Numbers are missing: withheld. */
  | { readonly kind: "missing"; readonly count: number }
  /** The number was seen just before. */
  | { readonly kind: "double" }
  /** A smaller number, or an earlier run, than seen before. */
  | { readonly kind: "backwards" };

export interface Counted {
  readonly counts: Counts;
  readonly warning: CountWarning | null;
}

const keptRuns = 8;

/**
 * startCounts: of devices in the tree when this one joined, the first number seen is taken as it is. Who came with the
 * founding commit (epoch 1) has missed nothing.
 */
export function startCounts(devices: readonly string[], epoch?: number): Counts {
  if (epoch === 1) return {};
  return Object.fromEntries(devices.map((device) => [device, { ...fresh, elder: true }]));
}

const fresh: Count = { run: "", n: 0, old: [], broken: 0, elder: false };

function of(counts: Counts, device: string): Count {
  return Object.hasOwn(counts, device) ? (counts[device] as Count) : fresh;
}

/**
 * count takes a message's run and n in. After a warning it goes on from the message, so that one
 * gap is told once.
 */
export function count(counts: Counts, device: string, run: string, n: number): Counted {
  const known = of(counts, device);
  if (known.old.includes(run)) return { counts, warning: { kind: "backwards" } };
  const at = run === known.run ? known.n : 0;
  if (n <= at) return { counts, warning: { kind: n === at ? "double" : "backwards" } };
  const missing = known.elder && known.run === "" ? 0 : n - at - 1;
  const excused = Math.min(missing, known.broken);
  const next: Count = { run, n, old: oldRuns(known, run), broken: known.broken - excused, elder: known.elder };
  const warning: CountWarning | null = missing > excused ? { kind: "missing", count: missing - excused } : null;
  return { counts: { ...counts, [device]: next }, warning };
}

function oldRuns({ run, old }: Count, next: string): readonly string[] {
  return run === "" || run === next ? old : [run, ...old].slice(0, keptRuns);
}

/** countBroken notes an item of this device that cannot be opened, so that its number is not missed. */
export function countBroken(counts: Counts, device: string): Counts {
  const known = of(counts, device);
  return { ...counts, [device]: { ...known, broken: known.broken + 1 } };
}
