import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent, type RefObject } from "react";
import type { VirtualizerHandle } from "virtua";
import type { Row } from "./rows.ts";

const page = 8;

/** stepOf says where a key leads in a list, or null when it means nothing here. */
export function stepOf(key: string, at: number, count: number): number | null {
  const to: Readonly<Record<string, number>> = {
    ArrowUp: at - 1,
    ArrowDown: at + 1,
    PageUp: at - page,
    PageDown: at + page,
    Home: 0,
    End: count - 1,
  };
  const step = to[key];
  return step === undefined || count === 0 ? null : Math.min(Math.max(step, 0), count - 1);
}

export interface Roving {
  /** The row in the tab order. */
  readonly at: number;
  /** Rows that stay in the document although far from the screen. */
  readonly kept: readonly number[];
  onKeyDown(event: KeyboardEvent): void;
  enter(id: string): void;
  /** Gives the focus back to the row, after its menu. */
  refocus(): void;
}

/** useRoving makes a long list one stop of the tab key; arrows move inside it. */
export function useRoving(
  list: RefObject<VirtualizerHandle | null>,
  scroll: RefObject<HTMLElement | null>,
  rows: readonly Row[],
): Roving {
  const [active, setActive] = useState<string | null>(null);
  const wanted = useRef(false);
  const found = active === null ? -1 : rows.findIndex(({ entry }) => entry.id === active);
  const at = found < 0 ? rows.length - 1 : found;
  const kept = useMemo(() => (at < 0 ? [] : [at]), [at]);

  const focus = useCallback(() => {
    const row = scroll.current?.querySelector<HTMLElement>('article[tabindex="0"]');
    row?.focus({ preventScroll: true });
  }, [scroll]);

  useEffect(() => {
    if (!wanted.current || at < 0) return;
    wanted.current = false;
    list.current?.scrollToIndex(at, { align: "nearest" });
    focus();
  }, [at, focus, list]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const plain = !event.ctrlKey && !event.altKey && !event.metaKey && !event.shiftKey;
    const step = plain ? stepOf(event.key, at, rows.length) : null;
    if (step === null || !(event.target instanceof Element) || !event.target.closest("article")) return;
    event.preventDefault();
    wanted.current = true;
    setActive(rows[step]?.entry.id ?? null);
  };
  return { at, kept, onKeyDown, enter: setActive, refocus: focus };
}
