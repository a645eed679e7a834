/** Cause is a cause of docs/protocols/chat.md, "Repair": what is told to the hub. */
export type Cause = "state_lost" | "replay" | "generation" | "epoch" | "aad" | "format" | "signature" | "commit";

/**
 * MlsError is everything this folder throws about bytes that came from outside. The
 * state given in is untouched and still good.
 */
export class MlsError extends Error {
  override readonly cause: Cause;
  /** For developers; it never holds content or names. */
  readonly detail: string;

  constructor(cause: Cause, detail: string) {
    super(`mls: ${cause}: ${detail}`);
    this.name = "MlsError";
    this.cause = cause;
    this.detail = detail;
  }
}
