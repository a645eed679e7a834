import { useCallback, useEffect, useRef, useState } from "react";
import { useChatActions } from "../../chat/useChat.ts";

// Long enough not to write at every stroke, short enough that a closed lid loses nothing.
const settleMs = 400;

/** useDraft is the text being written in a room; it is kept when the page is left. */
export function useDraft(room: string, kept: string): [string, (text: string) => void] {
  const { setDraft } = useChatActions();
  const [text, setText] = useState(kept);
  const pending = useRef<{ timer: ReturnType<typeof setTimeout>; text: string } | null>(null);

  const flush = useCallback((): void => {
    const waiting = pending.current;
    if (!waiting) return;
    clearTimeout(waiting.timer);
    pending.current = null;
    setDraft(room, waiting.text);
  }, [room, setDraft]);

  const write = useCallback(
    (next: string): void => {
      setText(next);
      if (pending.current) clearTimeout(pending.current.timer);
      pending.current = { text: next, timer: setTimeout(flush, settleMs) };
    },
    [flush],
  );

  useEffect(() => {
    window.addEventListener("pagehide", flush);
    return () => {
      window.removeEventListener("pagehide", flush);
      flush();
    };
  }, [flush]);
  return [text, write];
}
