import { MantineProvider } from "@mantine/core";
import { setUpTexts } from "@wardline/uikit/i18n/setup.ts";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { createRef } from "react";
import { expect, it, vi } from "vitest";
import type { Chat } from "../../chat/model.ts";
import { Composer, longest, sends } from "./Composer.tsx";
import de from "./de.json";
import { FakeChat, FakeClient } from "./fakeChat.tsx";
import { chatOf } from "./testing.ts";

setUpTexts({ "./features/chat/de.json": de });

function open(more: Partial<Chat> = {}) {
  const fake = new FakeChat();
  const chat = chatOf({ id: "r", ...more });
  const field = createRef<HTMLTextAreaElement>();
  const view = render(
    <MantineProvider env="test">
      <FakeClient chat={fake}>
        <Composer chat={chat} field={field} />
      </FakeClient>
    </MantineProvider>,
  );
  return { fake, ...view };
}

const field = (): HTMLTextAreaElement => screen.getByTestId("composer");
const type = (value: string): void => void fireEvent.change(field(), { target: { value } });

it("sends with Enter, empties the field and keeps the focus", () => {
  const { fake } = open();
  type("  Hallo \n");
  fireEvent.keyDown(field(), { key: "Enter" });
  expect(fake.actions.send).toHaveBeenCalledExactlyOnceWith("r", "Hallo", 0);
  expect(field().value).toBe("");
  expect(document.activeElement).toBe(field());
});

it.each([
  ["Enter", { key: "Enter" }, false, true],
  ["Shift+Enter", { key: "Enter", shiftKey: true }, false, false],
  ["Enter on a touch screen", { key: "Enter" }, true, false],
  ["Enter that ends a composition", { key: "Enter", isComposing: true }, false, false],
  ["any other key", { key: "a" }, false, false],
])("%s", (_name, { key, shiftKey = false, isComposing = false }: { key: string; shiftKey?: boolean; isComposing?: boolean }, touch, expected) => {
  expect(sends({ key, shiftKey, nativeEvent: { isComposing } as KeyboardEvent }, touch)).toBe(expected);
});

it("sends nothing empty and nothing too long, and says by how much", () => {
  const { fake } = open();
  type("   ");
  fireEvent.keyDown(field(), { key: "Enter" });
  type("x".repeat(longest + 1));
  fireEvent.keyDown(field(), { key: "Enter" });
  expect(fake.actions.send).not.toHaveBeenCalled();
  expect(screen.getByTestId("counter").textContent).toContain("1 Zeichen zu lang");
  type("x".repeat(longest));
  expect(screen.getByTestId("counter").textContent).toContain("Noch 0");
  type("x");
  expect(screen.queryByTestId("counter")).toBe(null);
});

it("keeps the draft, at the latest when the room is left", () => {
  const { fake, unmount } = open({ draft: "Ang" });
  expect(field().value).toBe("Ang");
  type("Angefangen");
  expect(fake.actions.setDraft).not.toHaveBeenCalled();
  unmount();
  expect(fake.actions.setDraft).toHaveBeenCalledExactlyOnceWith("r", "Angefangen");
});

it("gives the words back when they could not be put into the outbox", async () => {
  const { fake } = open();
  vi.mocked(fake.actions.send).mockRejectedValueOnce(new Error("too_large"));
  type("Wichtig");
  fireEvent.click(screen.getByTestId("send"));
  await waitFor(() => expect(field().value).toBe("Wichtig"));
  expect(screen.getByRole("alert").textContent).toContain("zu lang");
});

it.each([
  ["reader", { role: "reader" }, "reader"],
  ["left", { state: "left" }, "left"],
  ["frozen", { state: "frozen" }, "frozen"],
  ["joining", { state: "joining" }, "joining"],
] as const)("explains instead of offering a field: %s", (_name, chat, why) => {
  open(chat);
  expect(screen.queryByTestId("composer")).toBe(null);
  expect(screen.getByTestId("composer-closed").dataset["why"]).toBe(why);
  expect(screen.getByTestId("composer-closed").textContent).toContain(de.closed[why]);
});
