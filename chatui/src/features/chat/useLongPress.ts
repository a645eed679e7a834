import { useRef, type PointerEvent, type MouseEvent } from "react";

const holdMs = 500;
const slack = 10;

interface Handlers {
  onPointerDown(event: PointerEvent): void;
  onPointerMove(event: PointerEvent): void;
  onPointerUp(): void;
  onPointerCancel(): void;
  onContextMenu(event: MouseEvent): void;
}

/**
 * useLongPress calls `act` for a finger that stays, a right click and the menu
 * key of a keyboard. On a link the browser's own menu comes.
 */
export function useLongPress(act: () => void): Handlers {
  const hold = useRef<{ timer: ReturnType<typeof setTimeout>; x: number; y: number } | null>(null);
  const letGo = (): void => {
    if (hold.current) clearTimeout(hold.current.timer);
    hold.current = null;
  };
  return {
    onPointerDown: ({ pointerType, clientX: x, clientY: y }) => {
      letGo();
      if (pointerType === "touch") hold.current = { timer: setTimeout(act, holdMs), x, y };
    },
    onPointerMove: ({ clientX, clientY }) => {
      const at = hold.current;
      if (at && Math.hypot(clientX - at.x, clientY - at.y) > slack) letGo();
    },
    onPointerUp: letGo,
    onPointerCancel: letGo,
    onContextMenu: (event) => {
      if (event.target instanceof Element && event.target.closest("a")) return;
      if (window.getSelection()?.isCollapsed === false) return;
      event.preventDefault();
      letGo();
      act();
    },
  };
}
