// @vitest-environment node
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { openDB } from "idb";
import { beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "./schema.ts";

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

/** The store as the first version has made it. */
async function first(): Promise<void> {
  const database = await openDB("wardline-anna", 1, {
    upgrade(old) {
      for (const name of ["keys", "device", "cursors", "settings"]) old.createObjectStore(name);
      old.createObjectStore("cards", { keyPath: "alert" });
      old.createObjectStore("broken", { keyPath: ["room", "seq"] });
      old.createObjectStore("acts", { keyPath: "alert" });
    },
  });
  await database.put("cards", { alert: "a1", room: "r1", seq: 7, version: 1, late: false, sealed: {} });
  await database.put("cursors", 7, "r1");
  await database.put("device", { id: "d1" }, "device");
  await database.put("acts", { alert: "a1", act: "accept", at: 1, stale: false });
  database.close();
}

describe("the store", () => {
  it("keeps what alarms have left when conversations come", async () => {
    await first();
    const database = await openDatabase("anna");
    expect(await database.get("cards", "a1")).toMatchObject({ seq: 7 });
    expect(await database.get("cursors", "r1")).toBe(7);
    expect(await database.get("device", "device")).toMatchObject({ id: "d1" });
    expect(await database.getAll("acts")).toHaveLength(1);
    expect(await database.getAll("messages")).toEqual([]);
  });

  it("is the same whether it was upgraded or made anew", async () => {
    await first();
    const upgraded = await openDatabase("anna");
    const made = await openDatabase("ben");
    expect([...upgraded.objectStoreNames]).toEqual([...made.objectStoreNames]);
    expect([...upgraded.transaction("messages").store.indexNames]).toEqual(["broken", "id", "open", "ref", "unread"]);
  });
});
