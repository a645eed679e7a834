import { describe, expect, it } from "vitest";
import { decodeItem } from "./item.ts";
import { frameOf } from "./testing.ts";

describe("decodeItem", () => {
  it("gives back every part", () => {
    const item = decodeItem(frameOf("4b", 17, { body: new Uint8Array([9, 8, 7]) }));
    expect(item).toMatchObject({ room: "4b", seq: 17, ref: "alert-17", kind: "alert" });
    expect([...item.kek]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect([[...item.enc], [...item.row], [...item.body]]).toEqual([[1, 2, 3], [4, 5], [9, 8, 7]]);
  });

  it("refuses every frame that ends early, and never reads beyond it", () => {
    const whole = frameOf("4b", 17, { body: new Uint8Array(0) });
    for (let length = 0; length < whole.byteLength; length++) {
      expect(() => decodeItem(whole.slice(0, length)), `${length} bytes`).toThrow();
    }
  });

  it("refuses another version", () => {
    const frame = frameOf("4b", 17);
    new Uint8Array(frame)[0] = 2;
    expect(() => decodeItem(frame)).toThrow("not an item frame");
  });
});
