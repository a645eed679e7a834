/** Level is how loudly an alarm asks: the two upper ones repeat without a pause. */
export type Level = "notice" | "call" | "urgent" | "emergency";

/** Tone is one note: Hz, start and length in seconds. */
export interface Tone {
  readonly hz: number;
  readonly at: number;
  readonly length: number;
}

export interface Pattern {
  readonly tones: readonly Tone[];
  readonly wave: OscillatorType;
  readonly gain: number;
  /** ms until the pattern starts again; 0: once. */
  readonly every: number;
  /** For navigator.vibrate: ms on, off, on ... */
  readonly vibration: readonly number[];
}

const row = (hz: readonly number[], step: number, length: number): Tone[] =>
  hz.map((one, i) => ({ hz: one, at: i * step, length }));

/**
 * The patterns differ in rhythm and melody, not in loudness alone, so that a
 * nurse knows without looking (IEC 60601-1-8 has the same idea: high priority is
 * ten pulses, medium three; ours are deliberately not those of a medical device).
 */
export const patterns: Readonly<Record<Level, Pattern>> = {
  notice: { tones: row([660], 0, 0.18), wave: "sine", gain: 0.3, every: 0, vibration: [120] },
  call: { tones: row([784, 659], 0.28, 0.26), wave: "sine", gain: 0.5, every: 12_000, vibration: [200, 120, 200] },
  urgent: {
    tones: row([880, 698, 880], 0.25, 0.22),
    wave: "triangle",
    gain: 0.8,
    every: 2_400,
    vibration: [300, 150, 300, 150, 300],
  },
  emergency: {
    tones: row([988, 740, 988, 740, 988, 740], 0.2, 0.19),
    wave: "square",
    gain: 0.6,
    every: 1_400,
    vibration: [600, 100, 600],
  },
};

/** levelOf: priorities are the API's numbers 0 (info) to 4 (emergency). */
export function levelOf(priority: number): Level {
  if (priority >= 4) return "emergency";
  if (priority === 3) return "urgent";
  return priority === 2 ? "call" : "notice";
}

const loudness: readonly Level[] = ["notice", "call", "urgent", "emergency"];

export function louder(a: Level | null, b: Level): boolean {
  return a === null || loudness.indexOf(b) > loudness.indexOf(a);
}
