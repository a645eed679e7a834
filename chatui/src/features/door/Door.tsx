import type { ReactNode } from "react";
import { useBoard, useClient } from "../auth/ClientProvider.tsx";
import { DoorPage } from "./DoorPage.tsx";

/** Door lets its children be seen once this browser may be a device. */
export function Door({ children }: { children: ReactNode }) {
  const { engine, leave } = useClient();
  const door = useBoard("door");
  if (!door) return children;
  return <DoorPage door={door} onKnock={(code) => engine.knock(code)} onLeave={() => void leave(false)} />;
}
