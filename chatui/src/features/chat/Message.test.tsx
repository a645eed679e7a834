import { MantineProvider } from "@mantine/core";
import { setUpTexts } from "@wardline/uikit/i18n/setup.ts";
import { fireEvent, render, screen } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import type { Entry, TextEntry } from "../../chat/model.ts";
import de from "./de.json";
import { FakeChat, FakeClient } from "./fakeChat.tsx";
import { Message } from "./Message.tsx";
import { brokenOf, lineOf, textOf } from "./testing.ts";

vi.mock("../auth/usePerson.ts", () => ({ usePerson: () => ({ id: "me", name: "Käthe Müller" }) }));

setUpTexts({ "./features/chat/de.json": de });

const people = new Map([
  ["jan", { name: "Jan Weiß", recorder: false }],
  ["ayse", { name: "Ayşe Yılmaz", recorder: false }],
]);

function show(entry: Entry) {
  const acts = { info: vi.fn(), confirm: vi.fn(), retry: vi.fn(), discard: vi.fn(), reads: false };
  const onMenu = vi.fn();
  const row = { entry, day: false, unread: false, head: true, tail: true };
  render(
    <MantineProvider env="test">
      <FakeClient chat={new FakeChat({ people })}>
        <Message row={row} group begins={false} active menu={false} onMenu={onMenu} onActive={() => undefined} acts={acts} />
      </FakeClient>
    </MantineProvider>,
  );
  return { acts, onMenu, label: screen.getByTestId("message").getAttribute("aria-label") ?? "" };
}

it.each([
  ["queued", "wird gesendet"],
  ["failed", "nicht gesendet"],
  ["sent", "gesendet"],
  ["delivered", "zugestellt"],
  ["read", "gelesen"],
] as const)("says in words that an own message is %s", (delivery, words) => {
  const { label } = show(textOf({ mine: true, user: "me", delivery }));
  expect(label).toMatch(new RegExp(`^Sie, .*Hallo, ${words}$`));
  expect(screen.getByTestId("message").querySelector("svg")?.dataset["delivery"]).toBe(delivery);
});

it("names the sender in a group and shows no ticks for what others wrote", () => {
  const { label } = show(textOf({ user: "jan" }));
  expect(label).toMatch(/^Jan Weiß, /);
  expect(screen.getByText("Jan Weiß")).toBeTruthy();
  expect(screen.getByTestId("message").querySelector("svg")).toBe(null);
});

it("asks the receiver of an urgent message to confirm, once", () => {
  const urgent = textOf({ user: "jan", prio: 2, open: 2 });
  const { acts } = show(urgent);
  fireEvent.click(screen.getByTestId("confirm"));
  expect(acts.confirm).toHaveBeenCalledExactlyOnceWith(urgent);
});

it.each([
  ["confirmed by oneself", { user: "jan", confirmed: [{ user: "me", at: "2026-11-27T08:00:00Z" }] }],
  ["written by oneself", { user: "me", mine: true, open: 3 }],
  ["not sent yet", { user: "me", mine: true, seq: null, delivery: "queued" }],
] as [string, Partial<TextEntry>][])("does not ask to confirm what is %s", (_name, more) => {
  show(textOf({ prio: 2, ...more }));
  expect(screen.queryByTestId("confirm")).toBe(null);
});

it("tells the sender how many have not confirmed, and opens the list", () => {
  const { acts } = show(textOf({ mine: true, user: "me", prio: 2, open: 3 }));
  expect(screen.getByTestId("still-open").textContent).toBe("Noch offen: 3");
  fireEvent.click(screen.getByTestId("still-open"));
  expect(acts.info).toHaveBeenCalledOnce();
});

it("offers to send again or delete what failed", () => {
  const { acts } = show(textOf({ mine: true, user: "me", seq: null, delivery: "failed", fault: "unavailable" }));
  fireEvent.click(screen.getByTestId("send-again"));
  fireEvent.click(screen.getByTestId("discard"));
  expect([acts.retry.mock.calls.length, acts.discard.mock.calls.length]).toEqual([1, 1]);
});

it("takes markup for text and links only https", () => {
  show(textOf({ text: '<img src=x onerror=alert(1)> https://a.example http://b.example' }));
  expect(screen.getByTestId("message-text").querySelector("img")).toBe(null);
  const links = screen.getAllByRole("link");
  expect(links.map((link) => link.getAttribute("href"))).toEqual(["https://a.example/"]);
  expect(links[0]?.getAttribute("rel")).toContain("noopener");
});

it("opens the menu by a button and by a right click, never by hovering alone", () => {
  const { onMenu } = show(textOf({ id: "m1" }));
  fireEvent.click(screen.getByTestId("message-menu"));
  fireEvent.contextMenu(screen.getByTestId("message"));
  expect(onMenu.mock.calls).toEqual([["m1"], ["m1"]]);
});

it.each([
  ["added", { act: "added", by: "jan", users: ["ayse"] }, "Jan Weiß hat Ayşe Yılmaz hinzugefügt"],
  ["added by oneself", { act: "added", by: "me", users: ["ayse", "jan"] }, "Sie haben Ayşe Yılmaz und Jan Weiß hinzugefügt"],
  ["oneself added", { act: "added", by: "jan", users: ["me"] }, "Jan Weiß hat Sie hinzugefügt"],
  ["left", { act: "left", by: "jan", users: [] }, "Jan Weiß hat die Gruppe verlassen"],
  ["role", { act: "role", by: "jan", users: ["me"], role: "reader" }, "Jan Weiß hat die Rolle geändert: Sie – Nur lesen"],
  ["title", { act: "title", by: "me", users: [], text: "Visite" }, "Sie haben die Gruppe umbenannt: „Visite“"],
  ["the hub itself", { act: "removed", by: "", users: ["ayse"] }, "Entfernt: Ayşe Yılmaz"],
] as const)("writes a line: %s", (_name, more, expected) => {
  show(lineOf(more));
  expect(screen.getByTestId("line").textContent).toBe(expected);
});

it("says that what does not open is being asked for, and who gave what was restored", () => {
  show(brokenOf());
  expect(screen.getByTestId("broken-message").textContent).toContain("wird nachgefordert");
});

it("shows who restored a message", () => {
  show(textOf({ user: "jan", restoredBy: "ayse" }));
  expect(screen.getByText("Wiederhergestellt von Ayşe Yılmaz")).toBeTruthy();
});
