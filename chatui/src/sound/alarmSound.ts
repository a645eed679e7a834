import { patterns, type Level, type Pattern } from "./patterns.ts";

export type SoundState =
  /** Browsers allow sound only after a touch or key on the page. */
  | "locked"
  | "ready";

/**
 * AlarmSound plays the patterns by oscillators: no file to load, so it cannot
 * be missing. It says honestly whether it would be heard.
 */
export class AlarmSound {
  #context: AudioContext | null = null;
  #listeners = new Set<() => void>();
  #ringing: Level | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  get state(): SoundState {
    return this.#context?.state === "running" ? "ready" : "locked";
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** unlock has to run inside a touch, click or key press to have an effect. */
  async unlock(): Promise<SoundState> {
    const context = (this.#context ??= this.#create());
    // A resume that is not allowed stays pending instead of failing.
    const patience = new Promise((resolve) => setTimeout(resolve, 500));
    if (context.state !== "running") await Promise.race([context.resume(), patience]).catch(() => undefined);
    this.#tell();
    return this.state;
  }

  /** ring sounds one level until the next call; null is silence. */
  ring(level: Level | null): void {
    if (level === this.#ringing) return;
    this.#ringing = level;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (level) this.#loop(patterns[level]);
    else navigator.vibrate?.(0);
  }

  /** once sounds a level a single time, beside whatever rings. */
  once(level: Level): void {
    this.#play(patterns[level]);
  }

  #loop(pattern: Pattern): void {
    this.#play(pattern);
    if (pattern.every > 0) this.#timer = setTimeout(() => this.#loop(pattern), pattern.every);
  }

  #play({ tones, wave, gain, vibration }: Pattern): void {
    // Without a touch on the page the browser refuses this and writes to the console.
    if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.([...vibration]);
    const context = this.#context;
    if (context?.state !== "running") return;
    for (const { hz, at, length } of tones) {
      const oscillator = new OscillatorNode(context, { type: wave, frequency: hz });
      const volume = new GainNode(context, { gain: 0 });
      const start = context.currentTime + 0.02 + at;
      // Short ramps: a square edge clicks.
      volume.gain.setValueAtTime(0, start);
      volume.gain.linearRampToValueAtTime(gain, start + 0.015);
      volume.gain.setValueAtTime(gain, start + length - 0.03);
      volume.gain.linearRampToValueAtTime(0, start + length);
      oscillator.connect(volume).connect(context.destination);
      oscillator.start(start);
      oscillator.stop(start + length + 0.02);
    }
  }

  #create(): AudioContext {
    const context = new AudioContext();
    // Phones interrupt it for a call and some never say when that is over.
    context.onstatechange = () => this.#tell();
    return context;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
