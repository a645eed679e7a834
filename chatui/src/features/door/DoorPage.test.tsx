import { MantineProvider } from "@mantine/core";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { setUpTexts } from "@wardline/uikit/i18n/setup.ts";
import { afterEach, expect, it, vi } from "vitest";
import type { DoorState } from "../../client/door.ts";
import de from "./de.json";
import { DoorPage } from "./DoorPage.tsx";

setUpTexts({ "./features/door/de.json": de });

afterEach(cleanup);

function show(door: Partial<DoorState>) {
  const onKnock = vi.fn();
  const page = (now: Partial<DoorState>) => (
    <MantineProvider env="test">
      <DoorPage door={{ why: "managed", fault: null, trying: false, ...now }} onKnock={onKnock} onLeave={() => undefined} />
    </MantineProvider>
  );
  const { rerender } = render(page(door));
  return { onKnock, become: (now: Partial<DoorState>) => rerender(page(now)) };
}

const field = (): HTMLInputElement => screen.getByLabelText("Gerätecode", { selector: "input" });

function enter(code: string): void {
  fireEvent.change(field(), { target: { value: code } });
  fireEvent.submit(field());
}

it("asks for the code at once where nothing else lets in", () => {
  const { onKnock } = show({});
  expect(document.activeElement).toBe(field());
  enter("abcd efgh jklm 2345");
  expect(onKnock.mock.calls).toEqual([["ABCD-EFGH-JKLM-2345"]]);
});

it("says that a code is too short, and asks nobody", () => {
  const { onKnock } = show({});
  enter("abcd");
  expect(screen.getByText(de.short)).toBeTruthy();
  expect(field().getAttribute("aria-invalid")).toBe("true");
  expect(onKnock).not.toHaveBeenCalled();
});

it.each(["wrong", "too_many", "slow_down", "failed"] as const)("tells that it was %s and keeps what was typed", (fault) => {
  const { become } = show({});
  enter("ABCDEFGHJKLM2345");
  screen.getByTestId("door-submit").focus();
  become({ fault });
  expect(screen.getByRole("alert").textContent).toBe(de.fault[fault]);
  expect(field().value).toBe("ABCD-EFGH-JKLM-2345");
  expect(document.activeElement).toBe(field());
});

it("offers a code to who waits, and keeps the field while it asks again", () => {
  const { onKnock, become } = show({ why: "waiting" });
  expect(screen.getByRole("status").textContent).toBe(de.why.waiting);
  fireEvent.click(screen.getByText(de.haveCode));
  fireEvent.change(field(), { target: { value: "ABCD" } });
  become({ why: "waiting", trying: false });
  expect(field().value).toBe("ABCD");
  expect(onKnock).not.toHaveBeenCalled();
});

it("asks again for approval once it was refused", () => {
  const { onKnock } = show({ why: "refused" });
  fireEvent.click(screen.getByText(de.again));
  expect(onKnock.mock.calls).toEqual([[""]]);
});
