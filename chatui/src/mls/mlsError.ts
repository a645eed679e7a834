import { CodecError, CryptoError, CryptoVerificationError } from "./lib.ts";

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

/** Elsewhere carries what a callback of the caller threw through the library. */
class Elsewhere extends Error {
  readonly thrown: unknown;

  constructor(thrown: unknown) {
    super("thrown by the caller's own function");
    this.thrown = thrown;
  }
}

/** elsewhere marks a caller's function, so that what it throws is not taken for a fault of the bytes. */
export async function elsewhere<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw new Elsewhere(error);
  }
}

/** refusing turns whatever the library throws into an MlsError; `otherwise` when nothing better is known. */
export async function refusing<T>(otherwise: Cause, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Elsewhere) throw error.thrown;
    if (error instanceof MlsError) throw error;
    throw new MlsError(causeOf(error, otherwise), error instanceof Error ? error.message : "unknown");
  }
}

function causeOf(error: unknown, otherwise: Cause): Cause {
  if (error instanceof CodecError) return "format";
  if (error instanceof CryptoVerificationError || error instanceof CryptoError) return "signature";
  return otherwise;
}
