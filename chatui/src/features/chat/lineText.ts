import type { TFunction } from "i18next";
import type { LineEntry } from "../../chat/model.ts";
import type { Names } from "./useNames.ts";

type Line = Pick<LineEntry, "act" | "by" | "users" | "role" | "text">;

// German asks for "Sie haben" and "Jan hat"; the hub itself has no name.
function voice(by: string, me: string): "me" | "them" | "nobody" {
  if (by === "") return "nobody";
  return by === me ? "me" : "them";
}

/** lineText is one sentence about a change in a room. */
export function lineText(line: Line, me: string, names: Names, say: TFunction<"chat">): string {
  const { act, by, users, role, text } = line;
  const who = users.length > 0 ? users : [by];
  const values = {
    by: names.of(by),
    users: names.list(who.filter((user) => user !== "")),
    role: role ? say(`role.${role}`) : "",
    title: text,
    count: who.length,
  };
  if (act === "devices" || act === "left") return say(`line.${act}.${who[0] === me ? "me" : "them"}`, values);
  return say(`line.${act}.${voice(by, me)}`, values);
}
