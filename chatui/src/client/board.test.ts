import { describe, expect, it } from "vitest";
import { keptOf } from "../alerts/testing.ts";
import { Board } from "./board.ts";

const done = { alert: "a1", act: "accept", answered: { kind: "done", state: "accepted" } } as const;

describe("Board", () => {
  it("shows the newest version whatever the order", () => {
    const board = new Board();
    board.putCards([keptOf({ version: 3, state: "accepted" })]);
    board.putCards([keptOf({ version: 2 })]);
    expect(board.state.cards.get("a1")?.card).toMatchObject({ version: 3, state: "accepted" });
  });

  it("forgets what the hub has confirmed when a newer card says it", () => {
    const board = new Board();
    board.putCards([keptOf()]);
    board.confirm(done);
    board.putCards([keptOf()]);
    expect(board.state.confirmed.has("a1")).toBe(true);
    board.putCards([keptOf({ version: 2 })]);
    expect(board.state.confirmed.has("a1")).toBe(false);
  });

  it("tells its listeners, and only while they listen", () => {
    const board = new Board();
    let heard = 0;
    const stop = board.subscribe(() => heard++);
    board.set({ loaded: true });
    stop();
    board.set({ loaded: false });
    expect(heard).toBe(1);
  });
});
