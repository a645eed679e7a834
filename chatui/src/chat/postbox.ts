import { MailError, openLetter, sealLetter, type Letter, type MailKind } from "../identity/mail.ts";
import type { Bytes } from "../seal/bytes.ts";
import type { Desk } from "./desk.ts";
import { HubError, type DeviceKeys, type HubLetter } from "./hubCalls.ts";

/** Sender is whose device a letter is of. */
export interface Sender {
  readonly user: string;
  readonly device: string;
  /** Named by its owner's log; only a claim may come from another. */
  readonly certified: boolean;
  readonly kem: Bytes | null;
}

/** Handler takes a letter in; it is dropped at the hub when that is done. `mail` is to be stored with the effect. */
export type Handler = (letter: Letter, from: Sender, mail: string) => Promise<void>;

/** Postbox is the mail between devices. */
export class Postbox {
  #desk: Desk;
  #handlers = new Map<string, Handler>();
  #running: Promise<void> | null = null;
  #again = false;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  on(kind: MailKind, handler: Handler): void {
    this.#handlers.set(kind, handler);
  }

  async send(kind: MailKind, to: DeviceKeys, body: unknown): Promise<void> {
    const { me, hub, clock } = this.#desk;
    const letter = { kind, from: me.device, to: to.id, at: new Date(clock.now()).toISOString(), body };
    await hub.putMail(to.id, await sealLetter(letter, me.signPrivate, to.kem));
  }

  /** collect takes in everything that lies there; called again meanwhile, it looks once more. */
  collect(): Promise<void> {
    this.#again = true;
    this.#running ??= this.#all().catch(() => undefined).finally(() => (this.#running = null));
    return this.#running;
  }

  async #all(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      let after: string | null = null;
      for (;;) {
        const page: HubLetter[] = await this.#desk.hub.mail(after);
        for (const letter of page) await this.#take(letter);
        after = page.at(-1)?.id ?? null;
        if (!after) break;
      }
    }
  }

  async #take(mail: HubLetter): Promise<void> {
    const { book, hub } = this.#desk;
    if (!(await book.shelf.mailSeen(mail.id))) {
      await this.#open(mail);
      await book.save({ mails: [mail.id] });
    }
    await hub.dropMail(mail.id);
  }

  // A letter that is not right is dropped; one that only could not be acted upon stays and comes again.
  async #open({ id, from, body }: HubLetter): Promise<void> {
    const { me } = this.#desk;
    const sender = await this.#senderOf(from);
    if (!sender) return;
    try {
      const letter = await openLetter(body, me, { device: from, sign: sender.sign });
      if (!sender.certified && letter.kind !== "claim") return;
      await this.#handlers.get(letter.kind)?.(letter, sender, id);
    } catch (error) {
      if (error instanceof HubError && error.passing) throw error;
      if (!(error instanceof MailError || error instanceof HubError || error instanceof RangeError)) throw error;
    }
  }

  async #senderOf(device: string): Promise<(Sender & { sign: Bytes }) | null> {
    const { me, logs, hub } = this.#desk;
    const known = logs.ownerOf(device) ?? ((await logs.refresh(me.user)) && logs.ownerOf(device));
    if (known) return { user: known.user, device, certified: true, kem: null, sign: known.sign.sign };
    const pending = (await hub.ownDevices()).find(({ id }) => id === device);
    return pending ? { user: me.user, device, certified: false, kem: pending.kem, sign: pending.sign } : null;
  }
}
