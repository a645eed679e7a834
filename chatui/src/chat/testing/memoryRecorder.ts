import { newAccountKey } from "../../identity/accountKey.ts";
import { certificate, startLog, verifyLog } from "../../identity/log.ts";
import { commit, join, openCommit, openMessage, roster, sealMessage, type Group } from "../../mls/group.ts";
import type { Certificate, Self } from "../../mls/leaf.ts";
import { newKeyPackages } from "../../mls/packages.ts";
import { encodePayload, newRun, parsePayload } from "../../mls/payload.ts";
import type { Bytes } from "../../seal/bytes.ts";
import { generateKem, generateSign } from "../../seal/keys.ts";
import { Locks } from "../locks.ts";
import type { HubDevice, HubRoom, MemoryHub } from "./memoryHub.ts";

interface Sitting {
  group: Group;
  seq: number;
  info: { title: string; members: readonly string[] } | null;
  run: string;
  n: number;
}

/** MemoryRecorder is the recorder's part that a client depends on: it commits what the members allow. */
export class MemoryRecorder {
  #hub: MemoryHub;
  #self: Self;
  #device: HubDevice;
  #secrets = new Map<string, Bytes>();
  #rooms = new Map<string, Sitting>();
  #locks = new Locks();
  away = false;

  private constructor(hub: MemoryHub, self: Self, device: HubDevice) {
    this.#hub = hub;
    this.#self = self;
    this.#device = device;
  }

  static async start(hub: MemoryHub): Promise<MemoryRecorder> {
    const user = hub.account("Archiv");
    const [kem, sign] = await Promise.all([generateKem(), generateSign()]);
    const device = hub.register(user, "recorder", sign.publicKey, kem.publicKey);
    const self = { clinic: hub.clinic, user, device: device.id, sign: sign.publicKey, signPrivate: sign.privateKey };
    hub.accounts.get(user)?.log.push(await startLog(self, await newAccountKey(), { device: device.id, sign: sign.publicKey, kem: kem.publicKey }, new Date()));
    hub.recorder = { user, device: device.id };
    const recorder = new MemoryRecorder(hub, self, device);
    await recorder.#refill();
    hub.upkeep = () => void recorder.#all();
    return recorder;
  }

  wake(): void {
    void this.#all();
  }

  /** force adds a device nobody has asked for: what a hub and a recorder that are not honest could try. */
  force(id: string, device: HubDevice): Promise<void> {
    const room = this.#hub.rooms.get(id) as HubRoom;
    return this.#locks.run(id, async () => {
      const sitting = this.#rooms.get(id) as Sitting;
      const pending = await commit(sitting.group, { adds: [device.packages[0] as Bytes] }, this.#certified);
      await this.#hub.commit(room, this.#device, crypto.randomUUID(), pending.commit, pending.welcome, pending.facts);
      sitting.group = pending.group;
    });
  }

  async #refill(): Promise<void> {
    for (const { ref, secret, body, lastResort } of await newKeyPackages(this.#self, 1, true)) {
      this.#secrets.set(ref, secret);
      if (lastResort) this.#device.lastResort = body;
    }
  }

  readonly #certified = async (user: string, device: string): Promise<Certificate | null> => {
    const log = this.#hub.accounts.get(user)?.log ?? [];
    const verdict = await verifyLog(null, log, { clinic: this.#hub.clinic, user });
    return verdict.ok ? certificate(verdict.state, device) : null;
  };

  async #all(): Promise<void> {
    if (this.away) return;
    await Promise.all([...this.#hub.rooms.values()].map((room) => this.#locks.run(room.id, () => this.#room(room)).catch(() => undefined)));
  }

  async #room(room: HubRoom): Promise<void> {
    if (this.away) return;
    const sitting = this.#rooms.get(room.id) ?? (await this.#join(room));
    if (!sitting) return;
    this.#rooms.set(room.id, sitting);
    for (const item of room.items.filter(({ seq }) => seq > sitting.seq)) {
      sitting.seq = item.seq;
      if (item.from === this.#device.id || item.kind === "line") continue;
      if (item.kind === "commit") sitting.group = (await openCommit(sitting.group, item.body, { user: item.user, device: item.from }, this.#certified)).group;
      else await this.#hear(sitting, room, item);
    }
    await this.#mend(room, sitting);
  }

  async #join(room: HubRoom): Promise<Sitting | null> {
    const welcome = room.welcomes.get(this.#device.id);
    if (!welcome) return null;
    const { group } = await join(this.#self, room.id, welcome.body, async (ref) => this.#secrets.get(ref) ?? null, this.#certified);
    return { group, seq: welcome.seq, info: null, run: newRun(), n: 0 };
  }

  async #hear(sitting: Sitting, room: HubRoom, item: HubRoom["items"][number]): Promise<void> {
    const opened = await openMessage(sitting.group, item.body, { room: room.id, id: item.id, user: item.user, device: item.from });
    sitting.group = opened.group;
    const payload = parsePayload(opened.payload);
    if (payload.kind === "info") sitting.info = payload;
  }

  async #mend(room: HubRoom, sitting: Sitting): Promise<void> {
    const leaves = roster(sitting.group);
    const users = new Set(leaves.map(({ user }) => user));
    const wanted = new Set([...users, ...(sitting.info?.members ?? [])]);
    const revoked = await Promise.all(leaves.map(async ({ user, device }) => (await this.#certified(user, device))?.revoked ?? false));
    const removes = leaves.filter(({ user, device }, i) => !room.members.has(user) || revoked[i] || room.rejoin.has(device)).map(({ index }) => index);
    const adds: Bytes[] = [];
    for (const device of this.#hub.devices.values()) {
      if (!room.members.has(device.user) || !wanted.has(device.user) || device.id === this.#device.id) continue;
      const asked = room.rejoin.get(device.id);
      if (asked) adds.push(asked.package);
      else if (!leaves.some((leaf) => leaf.device === device.id) && (await this.#certified(device.user, device.id))?.revoked === false) {
        const found = device.packages.shift() ?? device.lastResort;
        if (found) adds.push(found);
      }
    }
    if (removes.length === 0 && adds.length === 0) return;
    const pending = await commit(sitting.group, { adds, removes }, this.#certified);
    await this.#hub.commit(room, this.#device, crypto.randomUUID(), pending.commit, pending.welcome, pending.facts);
    sitting.group = pending.group;
    if (adds.length > 0 && sitting.info) await this.#repeat(room, sitting);
  }

  async #repeat(room: HubRoom, sitting: Sitting): Promise<void> {
    const { title, members } = sitting.info ?? { title: "", members: [] };
    const id = crypto.randomUUID();
    const payload = encodePayload({ kind: "info", title, members, run: sitting.run, n: ++sitting.n });
    const { group, body, epoch } = await sealMessage(sitting.group, payload, id);
    sitting.group = group;
    this.#hub.append(room, { id, kind: "msg", user: this.#self.user, from: this.#device.id, epoch, body });
  }
}
