import { useNavigate, useParams, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useOpenedRoom } from "../../chat/useChat.ts";
import { nextOf, type ListRow } from "../rooms/listRows.ts";
import { searchHash } from "../rooms/RoomList.tsx";
import { useListRows } from "../rooms/useListRows.ts";
import { KeyHelp } from "./KeyHelp.tsx";
import { parentOf } from "./parentOf.ts";
import { shortcutOf, type Shortcut } from "./shortcuts.ts";

type Navigate = ReturnType<typeof useNavigate>;

function open(navigate: Navigate, row: ListRow | null): void {
  if (row?.kind === "chat") void navigate({ to: "/chat/$id", params: { id: row.id } });
  if (row?.kind === "alarm") void navigate({ to: "/room/$id", params: { id: row.id } });
}

// A list beside the page keeps the page; on a phone the list is a page of its own.
function search(navigate: Navigate): void {
  const field = document.querySelector<HTMLInputElement>('[data-testid="room-search"]');
  if (field && field.offsetParent !== null) field.select();
  else void navigate({ to: "/", hash: searchHash });
}

/** A dialog or a full-screen alarm has the keyboard for itself. */
function covered(): boolean {
  return document.querySelector('[aria-modal="true"], [role="menu"]') !== null;
}

/** Shortcuts are the keys that work on every page; none is a single letter (WCAG 2.1.4). */
export function Shortcuts() {
  const navigate = useNavigate();
  const rows = useListRows();
  const { id } = useParams({ strict: false });
  const pathname = useRouterState({ select: ({ location }) => location.pathname });
  const [help, setHelp] = useState(false);
  useOpenedRoom((room) => void navigate({ to: "/chat/$id", params: { id: room } }));

  const run = (shortcut: Shortcut): void => {
    if (shortcut === "search") return search(navigate);
    if (shortcut === "help") return setHelp(true);
    if (shortcut === "new") return void navigate({ to: "/new" });
    const down = shortcut.startsWith("next");
    open(navigate, nextOf(rows, id, down ? 1 : -1, shortcut.endsWith("Unread")));
  };
  const typed = useRef<(stroke: KeyboardEvent, hidden: boolean) => void>(() => undefined);
  typed.current = (stroke, hidden) => {
    if (stroke.defaultPrevented || stroke.isComposing || hidden) return;
    const shortcut = shortcutOf(stroke);
    const parent = stroke.key === "Escape" ? parentOf(pathname) : null;
    if (!shortcut && parent === null) return;
    stroke.preventDefault();
    if (shortcut) run(shortcut);
    else if (parent !== null) void navigate({ to: parent });
  };
  useEffect(() => {
    // Asked before anybody handles the stroke: an Escape that closes a dialog must not also leave the page.
    let hidden = false;
    const before = (): void => void (hidden = covered());
    const heard = (stroke: KeyboardEvent): void => typed.current(stroke, hidden);
    window.addEventListener("keydown", before, { capture: true });
    window.addEventListener("keydown", heard);
    return () => {
      window.removeEventListener("keydown", before, { capture: true });
      window.removeEventListener("keydown", heard);
    };
  }, []);
  return help ? <KeyHelp onClose={() => setHelp(false)} /> : null;
}
