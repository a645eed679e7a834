import type { TabMessage } from "../stream/tabs.ts";
import type { Engine } from "./engine.ts";

/** follow does what another tab of the same account says. */
export async function follow(engine: Engine, message: TabMessage): Promise<void> {
  const { board } = engine;
  switch (message.t) {
    case "stored":
      return engine.reload({ cards: message.alerts });
    case "broken":
      return engine.reload("broken");
    case "queue":
      await engine.reload("acts");
      return engine.sendActs();
    case "outcome":
      return board.confirm(message.outcome);
    case "who":
      return engine.introduce();
    case "seen":
      return engine.owns ? engine.seen(message.alert) : undefined;
    case "nudge":
      return engine.owns ? engine.nudge() : undefined;
    case "duty":
      return engine.dutyElsewhere();
    case "owner":
      return board.set({ device: message.device, clockOffset: message.clockOffset });
    case "door":
      return board.set({ door: message.door });
    case "knock":
      return engine.knocked(message.code);
    case "rooms":
      return board.set({ rooms: message.rooms });
    case "stream":
      return engine.owns ? undefined : board.set({ stream: message.state });
  }
}
