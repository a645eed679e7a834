import type net from 'node:net';
import { dial, until } from './net';

const stamp = () => new Date().toISOString().replace(/[-:T]/g, '').slice(0, 14);

/** A member of staff as the KIS knows them. */
export type Staff = { number: string; family: string; given: string; ward: string };

/** A hospital information system as seen from the wire: HL7 v2 over MLLP, one message at a time. */
export class Kis {
  private constructor(private readonly socket: net.Socket) {}
  private received = Buffer.alloc(0);
  private gone = false;
  private static sent = 0;

  static async dial(port: number): Promise<Kis> {
    const socket = await dial(port);
    const kis = new Kis(socket);
    socket.on('data', (b: Buffer) => (kis.received = Buffer.concat([kis.received, b])));
    socket.on('error', () => undefined);
    socket.on('close', () => (kis.gone = true));
    return kis;
  }

  /** Sends segments and returns the acknowledgement's segments. */
  async send(segments: string[]): Promise<string[]> {
    this.received = Buffer.alloc(0);
    this.socket.write(Buffer.concat([Buffer.from([0x0b]), Buffer.from(segments.join('\r') + '\r', 'utf8'), Buffer.from([0x1c, 0x0d])]));
    const frame = await until('an acknowledgement', () => {
      const end = this.received.indexOf(0x1c);
      if (end < 0 && this.gone) throw new Error('the hub closed the connection instead of acknowledging');
      return end < 0 ? undefined : this.received.subarray(1, end).toString('utf8');
    });
    return frame.split('\r').filter(Boolean);
  }

  /** MSH as German profiles ask for it: accept acknowledgement always, application one never. */
  header(type: string, control = `E2E${Date.now()}${++Kis.sent}`): string {
    return `MSH|^~\\&|KIS|LINDEN|HUB|LINDEN|${stamp()}||${type}|${control}|P|2.5^DEU&&HL70399|||AL|NE|DEU|UNICODE UTF-8`;
  }

  private record({ number, family, given, ward }: Staff, event: string): string[] {
    return [
      `MFE|${event}|REC${number}||${number}^^KIS|CE`,
      `STF|${number}^^KIS|${number}^^^KIS^PN|${family}^${given}|N|||A|PFL^Pflege|PFL|^WPN^PH^^49^341^970^${number}||||||||Pflegefachkraft`,
      `PRA|${number}^^KIS||NUR`,
      `ORG|1|${ward}^Station ${ward}^99ORG|WARD|Y`,
    ];
  }

  /** MFN^M02: one member of staff, as many German systems send it. */
  async staff(person: Staff, event = 'MAD'): Promise<string[]> {
    return this.send([this.header('MFN^M02^MFN_M02'), `MFI|PRA^Practitioner^HL70175|KIS^^|UPD|${stamp()}||NE`, ...this.record(person, event)]);
  }

  /** MFN^M02 in replace mode: these are all the staff there are. */
  async all(persons: Staff[]): Promise<string[]> {
    const records = persons.flatMap((person) => this.record(person, 'MAD'));
    return this.send([this.header('MFN^M02^MFN_M02'), `MFI|PRA^Practitioner^HL70175|KIS^^|REP|${stamp()}||NE`, ...records]);
  }

  close(): void {
    this.socket.destroy();
  }
}
