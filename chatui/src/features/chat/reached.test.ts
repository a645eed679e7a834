import { expect, it } from "vitest";
import type { Member } from "../../chat/model.ts";
import { reachedBy } from "./reached.ts";
import { textOf } from "./testing.ts";

const member = (user: string, recorder = false): Member => ({ user, name: user, role: "member", recorder });
const members = [member("me"), member("jan"), member("ayse"), member("tom"), member("rec", true)];
const times = [
  { user: "jan", deliveredAt: "2026-11-27T08:00:01Z", readAt: "2026-11-27T08:05:00Z" },
  { user: "ayse", deliveredAt: "2026-11-27T08:00:02Z", readAt: null },
  { user: "gone", deliveredAt: null, readAt: "2026-11-27T08:01:00Z" },
  { user: "rec", deliveredAt: "2026-11-27T08:00:00Z", readAt: null },
];

it("sorts everybody by how far the message has come, the recorder and the sender left out", () => {
  const { read, delivered, sent } = reachedBy(members, times, textOf({ mine: true }), "me");
  expect(read.map(({ user }) => user)).toEqual(["gone", "jan"]);
  expect(delivered).toEqual([{ user: "ayse", at: "2026-11-27T08:00:02Z" }]);
  expect(sent).toEqual([{ user: "tom", at: null }]);
});

it("names who has confirmed and who has not", () => {
  const confirmed = [{ user: "ayse", at: "2026-11-27T08:02:00Z" }];
  const found = reachedBy(members, times, textOf({ mine: true, prio: 2, confirmed }), "me");
  expect(found.confirmed).toEqual(confirmed);
  expect(found.open.map(({ user }) => user)).toEqual(["jan", "tom"]);
});
