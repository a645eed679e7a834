import type net from 'node:net';
import { dial, until } from './net';

/** One ESPA-X message as it came. */
export type Message = { name: string; xml: string; text: (element: string) => string };

/**
 * A nurse-call system speaking ESPA-X 1.00 as the client. Written apart from the hub's own
 * codec, so that both reading the standard wrongly in the same way is unlikely.
 */
export class NurseCall {
  readonly received: Message[] = [];
  private buffer = Buffer.alloc(0);
  private session = '';
  private invoke = 0;
  private heart?: NodeJS.Timeout;

  private constructor(private readonly socket: net.Socket) {}

  static async dial(port: number): Promise<NurseCall> {
    const call = new NurseCall(await dial(port));
    call.socket.on('data', (b: Buffer) => call.read(b));
    call.socket.on('error', () => undefined);
    return call;
  }

  private read(b: Buffer): void {
    this.buffer = Buffer.concat([this.buffer, b]);
    while (this.buffer.length >= 10 && this.buffer.length >= this.buffer.readUInt32BE(2)) {
      const size = this.buffer.readUInt32BE(2);
      const xml = this.buffer.subarray(10, size).toString('utf8');
      this.buffer = this.buffer.subarray(size);
      const name = xml.match(/<((?:REQ|RSP|IND|CMD)\.[A-Z-]+|PROPRIETARY)/)?.[1] ?? '';
      const text = (element: string) => xml.match(new RegExp(`<${element}>([^<]*)</${element}>`))?.[1] ?? '';
      this.received.push({ name, xml, text });
    }
  }

  private write(body: string): void {
    const xml = Buffer.from(
      `<?xml version="1.0" encoding="UTF-8"?><ESPA-X xmlns="http://ns.espa-x.org/espa-x" version="1.00" timestamp="${new Date().toISOString().slice(0, 19)}">${body}</ESPA-X>`,
    );
    const head = Buffer.alloc(10);
    head.write('EX', 0, 'latin1');
    head.writeUInt32BE(xml.length + 10, 2);
    this.socket.write(Buffer.concat([head, xml]));
  }

  /** Sends a request and returns its response. */
  async request(name: string, body = ''): Promise<Message> {
    const invoke = String(++this.invoke);
    const session = this.session ? ` sessionID="${this.session}"` : '';
    this.write(`<REQ.${name} invokeID="${invoke}"${session}>${body}</REQ.${name}>`);
    return until(`RSP.${name}`, () => this.received.find((m) => m.name === `RSP.${name}` && m.xml.includes(`invokeID="${invoke}"`)));
  }

  async login(user: string, password: string): Promise<Message> {
    const rsp = await this.request('LOGIN', `<LI-CLIENT>Rufanlage</LI-CLIENT><LI-USER>${user}</LI-USER><LI-PASSWORD>${password}</LI-PASSWORD>`);
    this.session = rsp.xml.match(/sessionID="([^"]+)"/)?.[1] ?? '';
    this.heart = setInterval(() => void this.request('HEARTBEAT').catch(() => undefined), 2_000);
    return rsp;
  }

  /** Raises a call; prio is one of Emergency, High, Medium, Standard, Low. */
  async call(ref: string, ward: string, room: string, bed: string, text: string, prio = 'Standard'): Promise<Message> {
    return this.request(
      'P-START',
      `<CP-PR-REF>${ref}</CP-PR-REF><CP-CALLINGNAME>Zi ${room} Bett ${bed}</CP-CALLINGNAME><CP-TEXTMSG>${text}</CP-TEXTMSG>` +
        `<CP-WARD>${ward}</CP-WARD><CP-BED>${room}-${bed}</CP-BED><CP-PRIO>${prio}</CP-PRIO><CP-PR-DETAILS>All</CP-PR-DETAILS>`,
    );
  }

  /** Ends a call, as the reset button at the bed does. */
  async end(ref: string): Promise<Message> {
    return this.request('P-STOP', `<CP-PR-REF>${ref}</CP-PR-REF><CP-PR-MASK>All</CP-PR-MASK>`);
  }

  /** The indications heard about one call, oldest first. */
  about(ref: string, name = 'IND.P-EVENT'): Message[] {
    return this.received.filter((m) => m.name === name && m.text('CP-PR-REF') === ref);
  }

  /** Waits for a message the hub sends of itself. */
  async told(name: string, match: (m: Message) => boolean, within = 15_000): Promise<Message> {
    return until(name, () => this.received.find((m) => m.name === name && match(m)), within).catch((err: unknown) => {
      throw new Error(`${String(err)}; heard:\n${this.received.map((m) => m.xml).join('\n')}`);
    });
  }

  close(): void {
    clearInterval(this.heart);
    this.socket.destroy();
  }
}
