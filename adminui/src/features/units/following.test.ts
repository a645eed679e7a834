import { expect, it } from "vitest";
import { followingOf } from "./following.ts";

const room = { room_id: "x", name: "Raum", members: 1, waiting: 0 };
const rows = [
  { ...room, room_id: "a", unit_id: "u1" },
  { ...room, room_id: "b", role_id: "r1" },
  { ...room, room_id: "c", group_id: "g1" },
];

it.each([
  [{ unit_id: "u1" }, "a"],
  [{ role_id: "r1" }, "b"],
  [{ group_id: "g1" }, "c"],
  // Rows without the id that is asked for are not "the same".
  [{ unit_id: "u2" }, undefined],
  [{}, undefined],
])("%j", (of, id) => expect(followingOf(rows, of)?.room_id).toBe(id));
