import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from "react";
import type { VirtualizerHandle } from "virtua";
import { isMine, isPrepended, newestSeq, startOf, type Row } from "./rows.ts";

// So near to an end the next page is fetched.
const ahead = 900;
// So near to the last line one is at the end, whatever rounding says.
const slack = 48;

// A window behind another one is visible to the browser and to nobody else.
const looking = (): boolean => document.visibilityState === "visible" && document.hasFocus();

export interface Follow {
  /** Rows are being put in front or taken away there: positions hold from the end of the list. */
  readonly shift: boolean;
  readonly atEnd: boolean;
  /** The first row that can be seen, for the floating date. */
  readonly first: number;
  scrolled(): void;
  /** The window or a row has another size: who was at the end stays there. */
  resized(): void;
  toEnd(): void;
}

interface Options {
  list: RefObject<VirtualizerHandle | null>;
  scroll: RefObject<HTMLElement | null>;
  rows: readonly Row[];
  hasOlder: boolean;
  hasNewer: boolean;
  older(): Promise<void>;
  newer(): Promise<void>;
  /** Everything up to here has been on the screen. */
  read(seq: number): void;
}

/** One page at a time per direction. */
function useOnce(run: () => Promise<void>): () => void {
  const running = useRef(false);
  return () => {
    if (running.current) return;
    running.current = true;
    void run()
      .catch(() => undefined)
      .finally(() => (running.current = false));
  };
}

function useShift(rows: readonly Row[]): boolean {
  const before = useRef(rows);
  const shift = isPrepended(before.current, rows);
  useLayoutEffect(() => {
    before.current = rows;
  }, [rows]);
  return shift;
}

/**
 * useFollow decides where the timeline stands: it opens at the first unread
 * message, follows the end while one is there, and stays put otherwise.
 */
export function useFollow({ list, scroll, rows, hasOlder, hasNewer, older, newer, read }: Options): Follow {
  const shift = useShift(rows);
  const [atEnd, setAtEnd] = useState(true);
  const [first, setFirst] = useState(0);
  const placed = useRef(false);
  const stick = useRef(false);
  const lastTop = useRef(0);
  const lastKey = useRef<string | undefined>(undefined);
  const fetchOlder = useOnce(older);
  const fetchNewer = useOnce(newer);

  const scrolled = (): void => {
    const handle = list.current;
    const box = scroll.current;
    if (!handle || !box || !placed.current || rows.length === 0) return;
    // The element's own sizes: the list hears of a new one a moment later.
    const bottom = box.scrollTop + box.clientHeight;
    const near = bottom >= box.scrollHeight - slack;
    // Only going up lets go of the end. Whatever grows while one is there is followed.
    if (near) stick.current = !hasNewer;
    else if (box.scrollTop < lastTop.current) stick.current = false;
    lastTop.current = box.scrollTop;
    setAtEnd(stick.current);
    setFirst(handle.findItemIndex(box.scrollTop));
    if (hasOlder && box.scrollTop < ahead) fetchOlder();
    if (hasNewer && bottom > box.scrollHeight - ahead) fetchNewer();
    if (looking()) read(newestSeq(rows, near ? rows.length - 1 : handle.findItemIndex(bottom)));
  };

  const toEnd = useCallback((): void => {
    stick.current = true;
    list.current?.scrollToIndex(rows.length - 1, { align: "end" });
  }, [list, rows.length]);

  const resized = (): void => {
    if (stick.current && placed.current) toEnd();
  };

  useLayoutEffect(() => {
    if (rows.length === 0) return;
    const last = rows.at(-1);
    const grown = placed.current && last?.entry.id !== lastKey.current;
    lastKey.current = last?.entry.id;
    if (!placed.current) {
      placed.current = true;
      const start = startOf(rows);
      stick.current = start === null;
      if (start === null) list.current?.scrollToIndex(rows.length - 1, { align: "end" });
      else list.current?.scrollToIndex(start, { align: "start", offset: -56 });
    } else if (grown && !hasNewer && last && (stick.current || isMine(last.entry))) {
      toEnd();
    }
  }, [rows, hasNewer, list, toEnd]);

  // What arrives while one looks on is read; what fits without scrolling has to fetch as well.
  const look = useRef(scrolled);
  look.current = scrolled;
  useEffect(() => {
    const timer = requestAnimationFrame(() => look.current());
    return () => cancelAnimationFrame(timer);
  }, [rows]);
  useEffect(() => {
    const seen = (): void => look.current();
    document.addEventListener("visibilitychange", seen);
    window.addEventListener("focus", seen);
    return () => {
      document.removeEventListener("visibilitychange", seen);
      window.removeEventListener("focus", seen);
    };
  }, []);

  return { shift, atEnd, first, scrolled, resized, toEnd };
}
