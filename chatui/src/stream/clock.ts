/** Clock is what timing needs, so that tests can move time by hand. */
export interface Clock {
  now(): number;
  /** Returns what cancels it. */
  after(ms: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
