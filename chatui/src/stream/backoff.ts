const first = 500;
const most = 10_000;

/**
 * backoff gives the ms to wait before connection attempt `attempt` (0 is the
 * first after a loss). The half that is random keeps a whole ward's devices from
 * coming back in the same instant; 10 s at most, since nobody gets alarms meanwhile.
 */
export function backoff(attempt: number, random: () => number): number {
  const full = Math.min(most, first * 2 ** Math.min(attempt, 10));
  return full / 2 + (full / 2) * random();
}

/** After an announced restart the server is back at once, but not for all in one moment. */
export function restartDelay(random: () => number): number {
  return 200 + 2_800 * random();
}
