import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { setUpTexts } from "@wardline/uikit/i18n/setup.ts";
import { fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { queries } from "../../api.ts";
import type { PlanDetail } from "../../api/directory.ts";
import de from "./de.json";
import { Decision } from "./Decision.tsx";

setUpTexts({ "./features/plans/de.json": de });

const held: PlanDetail = {
  id: "p1",
  state: "held",
  created: "2026-11-28T03:00:00Z",
  connector: { id: "c1", name: "KIS", kind: "hl7v2-mllp" },
  counts: { create: 0, update: 0, lock: 30, unlock: 0 },
  problems: 0,
} as unknown as PlanDetail;

afterEach(() => vi.unstubAllGlobals());

const page = (plan: PlanDetail) => (
  <MantineProvider env="test">
    <Notifications />
    <QueryClientProvider client={queries}>
      <Decision plan={plan} />
    </QueryClientProvider>
  </MantineProvider>
);

it.each([
  { what: "approved", button: "plan-approve", confirm: de.approve, state: "applied" as const, said: de.approved },
  { what: "rejected", button: "plan-reject", confirm: de.reject, state: "rejected" as const, said: de.rejected },
])("says that a plan is $what, though the page learnt of it before the answer came", async ({ button, confirm, state, said }) => {
  let answer: (response: Response) => void = () => undefined;
  vi.stubGlobal("fetch", vi.fn(() => new Promise<Response>((resolve) => (answer = resolve))));
  const { rerender } = render(page(held));
  fireEvent.click(screen.getByTestId(button));
  const dialog = await screen.findByRole("dialog");
  const typed = within(dialog).getByRole("textbox");
  if (state === "applied") fireEvent.change(typed, { target: { value: "30" } });
  fireEvent.click(within(dialog).getByRole("button", { name: confirm }));
  await waitFor(() => expect(fetch).toHaveBeenCalled());
  rerender(page({ ...held, state }));
  expect(screen.queryByTestId(button)).toBeNull();
  answer(Response.json({ state }));
  expect(await screen.findByText(said)).toBeTruthy();
});
