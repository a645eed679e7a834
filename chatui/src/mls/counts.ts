/** Counts is what each device of a room has numbered so far. Plain JSON; immutable. */
export interface Counts {
  readonly [device: string]: Count;
}

export interface Count {
  readonly run: string;
  readonly n: number;
  /** Runs before this one, newest first. */
  readonly old: readonly string[];
  /** Items of this device that could not be opened: numbers missing for a known reason. */
  readonly broken: number;
}

export type CountWarning =
  /** Numbers are missing: withheld. */
  | { readonly kind: "missing"; readonly count: number }
  /** The number was seen before. */
  | { readonly kind: "double" }
  /** A smaller number, or an earlier run, than seen before. */
  | { readonly kind: "backwards" };

/** startCounts: of devices in the tree when this one joined, the first number seen is taken as it is. */
export declare function startCounts(devices: readonly string[]): Counts;

/** count takes a message's run and n in. */
export declare function count(counts: Counts, device: string, run: string, n: number): { counts: Counts; warning: CountWarning | null };

/** countBroken notes an item of this device that cannot be opened, so that its number is not missed. */
export declare function countBroken(counts: Counts, device: string): Counts;
