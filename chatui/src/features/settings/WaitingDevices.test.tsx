import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { createQueryClient } from "@wardline/uikit/api/queryClient.ts";
import { setUpTexts } from "@wardline/uikit/i18n/setup.ts";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import de from "./de.json";
import { WaitingDevices } from "./WaitingDevices.tsx";

setUpTexts({ "./features/settings/de.json": de });

let judged: string[];
let gone: boolean;

beforeEach(() => {
  judged = [];
  gone = false;
  vi.stubGlobal("fetch", async (request: Request) => {
    if (request.method === "GET") {
      const items = gone ? null : [{ id: "d1", name: "Chrome, Android", created: "2026-01-01T08:00:00Z" }];
      return Response.json({ items });
    }
    judged.push(new URL(request.url).pathname);
    const late = gone;
    gone = true;
    return late ? Response.json({ code: "not_found" }, { status: 404 }) : new Response(null, { status: 204 });
  });
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function show(): void {
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={createQueryClient()}>
        <WaitingDevices />
      </QueryClientProvider>
    </MantineProvider>,
  );
}

it.each([
  [de.devices.approve, "approve"],
  [de.devices.refuse, "refuse"],
])("%s is said of this one, which is then gone", async (button, answer) => {
  show();
  fireEvent.click(await screen.findByText(button));
  await waitFor(() => expect(screen.queryByTestId("waiting-own")).toBeNull());
  expect(judged).toEqual([`/api/v1/devices/waiting/d1/${answer}`]);
});

it("says so when somebody was faster", async () => {
  show();
  const button = await screen.findByText(de.devices.approve);
  gone = true;
  fireEvent.click(button);
  expect((await screen.findByRole("alert")).textContent).toContain("Nicht gefunden");
});
