import { IconArchive, IconUsers } from "@tabler/icons-react";
import { useChat } from "../../chat/useChat.ts";
import classes from "./Avatar.module.css";

const shades = 6;

/** initialsOf: "JW" for "Dr. Jan Weiß". Titles and commas say nothing about who it is. */
export function initialsOf(name: string): string {
  const words = name.split(/[\s,]+/).filter((word) => word !== "" && !word.endsWith("."));
  const [first = "", last = ""] = [words[0], words.length > 1 ? words.at(-1) : ""];
  return `${[...first][0] ?? ""}${[...last][0] ?? ""}`.toUpperCase() || "?";
}

/** shadeOf gives the same person the same colour everywhere. */
export function shadeOf(id: string): number {
  let sum = 0;
  for (const char of id) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 65_521;
  return sum % shades;
}

interface Props {
  /** A person's or a room's id. */
  id: string;
  name: string;
  group?: boolean;
  size?: number;
}

export function Avatar({ id, name, group = false, size = 44 }: Props) {
  const recorder = useChat((state) => state.recorder) === id;
  return (
    <span
      className={classes["avatar"]}
      data-shade={recorder ? "recorder" : shadeOf(id)}
      style={{ width: size, height: size, fontSize: Math.round(size * 0.38) }}
      aria-hidden="true"
    >
      {recorder ? <IconArchive size={size / 2} /> : group ? <IconUsers size={size / 2} /> : initialsOf(name)}
    </span>
  );
}
