import { expect, it } from "vitest";
import type { Member, Role } from "../../chat/model.ts";
import { chatOf } from "../chat/testing.ts";
import { rightsIn } from "./MemberRow.tsx";
import { byRank } from "./Members.tsx";
import { groupsOf } from "./SafetyPage.tsx";

const member = (user: string, role: Role, recorder = false): Member => ({ user, name: user, role, recorder });

it.each([
  ["an owner, of a member", "owner", member("a", "member"), true, true],
  ["an owner, of another owner", "owner", member("a", "owner"), true, true],
  ["a moderator, of a member", "moderator", member("a", "member"), true, false],
  ["a moderator, of an owner", "moderator", member("a", "owner"), false, false],
  ["a member", "member", member("a", "member"), false, false],
  ["an owner, of oneself", "owner", member("me", "owner"), false, false],
  ["an owner, of the recorder", "owner", member("rec", "member", true), false, false],
] as const)("offers the rights of %s", (_name, role, other, remove, change) => {
  expect(rightsIn(chatOf({ role }), other, "me")).toEqual({ remove, role: change });
  expect(rightsIn(chatOf({ role, kind: "direct" }), other, "me")).toEqual({ remove: false, role: false });
  expect(rightsIn(chatOf({ role, state: "left" }), other, "me")).toEqual({ remove: false, role: false });
});

it("lists owners first and the recorder last", () => {
  const list = [member("rec", "member", true), member("zoe", "member"), member("adam", "reader"), member("max", "owner"), member("ben", "member")];
  expect(list.sort(byRank).map(({ user }) => user)).toEqual(["max", "ben", "zoe", "adam", "rec"]);
});

it("takes a safety number apart into fives, however it is spaced", () => {
  expect(groupsOf("1234567890")).toEqual(["12345", "67890"]);
  expect(groupsOf("12345 67890")).toEqual(["12345", "67890"]);
});
