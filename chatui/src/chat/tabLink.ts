import type { Receipt } from "../stream/messages.ts";
import { utf8 } from "../seal/bytes.ts";
import type { Sealed } from "../store/schema.ts";
import type { Vault } from "../store/vault.ts";
import type { Clock } from "../stream/clock.ts";

/** Spoken is what the chat workers of one account's tabs say to each other; what may hold text is sealed by the vault. */
export type Spoken =
  | { t: "changed"; rooms: readonly string[] }
  | { t: "receipts"; room: string; items: readonly Receipt[] }
  | { t: "outbox"; room: string }
  | { t: "standing" }
  | { t: "leads" }
  | { t: "ask"; id: string; sealed: Sealed }
  | { t: "told"; id: string; sealed: Sealed };

export interface Channel {
  say(spoken: Spoken): void;
  close(): void;
}

export type OpenChannel = (heard: (spoken: Spoken) => void) => Channel;

interface Question {
  readonly name: string;
  readonly args: readonly unknown[];
}

type Told = { readonly value: unknown } | { readonly code: string };

interface Pending {
  readonly question: Question;
  settle(told: Told): void;
}

// A tab may still be starting to lead, or be in the middle of a long task.
const patience = 60_000;

/** TabLink lets a tab that does not lead ask the one that does. */
export class TabLink {
  #vault: Vault;
  #channel: Channel;
  #clock: Clock;
  #pending = new Map<string, Pending>();

  constructor(vault: Vault, channel: Channel, clock: Clock) {
    this.#vault = vault;
    this.#channel = channel;
    this.#clock = clock;
  }

  /** ask rejects with the code the leading tab has given, or with unavailable. */
  ask(name: string, args: readonly unknown[]): Promise<unknown> {
    const id = crypto.randomUUID();
    return new Promise((resolve, reject) => {
      const settle = (told: Told): void => {
        this.#pending.delete(id);
        cancel();
        if ("value" in told) resolve(told.value);
        else reject(new Error(told.code));
      };
      const cancel = this.#clock.after(patience, () => settle({ code: "unavailable" }));
      this.#pending.set(id, { question: { name, args }, settle });
      void this.#say("ask", id, { name, args });
    });
  }

  /** again repeats what is unanswered: a new tab leads. */
  again(): void {
    for (const [id, { question }] of this.#pending) void this.#say("ask", id, question);
  }

  /** adopt answers one's own open questions, now that this tab leads itself. */
  adopt(run: (name: string, args: readonly unknown[]) => Promise<unknown>): void {
    for (const { question, settle } of this.#pending.values()) void answerOf(() => run(question.name, question.args)).then(settle);
  }

  async answer(id: string, sealed: Sealed, run: (name: string, args: readonly unknown[]) => Promise<unknown>): Promise<void> {
    const question = await this.#open<Question>("ask", id, sealed);
    await this.#say("told", id, await answerOf(() => run(question.name, question.args)));
  }

  async told(id: string, sealed: Sealed): Promise<void> {
    const pending = this.#pending.get(id);
    if (pending) pending.settle(await this.#open<Told>("told", id, sealed));
  }

  async #say(t: "ask" | "told", id: string, value: Question | Told): Promise<void> {
    this.#channel.say({ t, id, sealed: await this.#vault.seal(`chat/tab/${t}/${id}`, utf8(JSON.stringify(value))) });
  }

  async #open<T>(t: string, id: string, sealed: Sealed): Promise<T> {
    return JSON.parse(new TextDecoder().decode(await this.#vault.open(`chat/tab/${t}/${id}`, sealed))) as T;
  }
}

async function answerOf(run: () => Promise<unknown>): Promise<Told> {
  try {
    return { value: (await run()) ?? null };
  } catch (error) {
    return { code: codeOf(error) };
  }
}

/** codeOf is what a screen can translate; never the text of an error. */
export function codeOf(error: unknown): string {
  return error instanceof Error && /^[a-z_]{1,40}$/.test(error.message) ? error.message : "failed";
}
