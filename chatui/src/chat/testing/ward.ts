import { vi } from "vitest";
import { MemoryHub } from "./memoryHub.ts";
import { MemoryRecorder } from "./memoryRecorder.ts";
import { TestDevice, until } from "./testDevice.ts";

// Real key packages and groups, on machines that do other things too.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

/** Ward is a hub with its recorder and people who can talk. */
export interface Ward {
  readonly hub: MemoryHub;
  readonly recorder: MemoryRecorder;
  person(name: string): Promise<TestDevice>;
  /** Another browser of the same person; it waits to be linked. */
  another(device: TestDevice, name: string): Promise<TestDevice>;
  close(): void;
}

export async function openWard(): Promise<Ward> {
  const hub = new MemoryHub();
  const recorder = await MemoryRecorder.start(hub);
  const devices: TestDevice[] = [];
  const start = async (user: string, name: string): Promise<TestDevice> => {
    const device = await (await TestDevice.make(hub, user, name)).start();
    devices.push(device);
    return device;
  };
  return {
    hub,
    recorder,
    async person(name) {
      const device = await start(hub.account(name), name);
      await until("a full pool", () => device.entry.packages.length === 50 && device.entry.lastResort);
      return device;
    },
    another: (device, name) => start(device.user, name),
    close: () => devices.forEach((device) => device.crash()),
  };
}

/** ready waits until a room can be written in. */
export async function ready(room: string, ...devices: readonly TestDevice[]): Promise<void> {
  for (const device of devices) await until(`${device.entry.name} to be in the room`, () => device.chat(room)?.state === "ready");
}
