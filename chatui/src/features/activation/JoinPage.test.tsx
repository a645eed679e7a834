import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { createQueryClient } from "@wardline/uikit/api/queryClient.ts";
import { setUpTexts } from "@wardline/uikit/i18n/setup.ts";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import de from "./de.json";
import { JoinPage } from "./JoinPage.tsx";

setUpTexts({ de: { activation: de } });

const asked: { token: string; who: string }[] = [];
let status = 202;

/** load opens the page at an address, or loads it again where it is. */
async function load(address?: string): Promise<void> {
  cleanup();
  if (address) window.history.replaceState(null, "", address);
  const router = createRouter({ routeTree: createRootRoute({ component: JoinPage }), history: createMemoryHistory() });
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={createQueryClient()}>
        <RouterProvider router={router as never} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  await screen.findByTestId("join-who");
}

const field = (): HTMLInputElement => screen.getByTestId("join-who");

function ask(): void {
  fireEvent.change(field(), { target: { value: " 4711 " } });
  fireEvent.submit(field());
}

beforeEach(() => {
  sessionStorage.clear();
  asked.length = 0;
  status = 202;
  vi.stubGlobal("scrollTo", () => undefined); // jsdom has none
  vi.stubGlobal("fetch", async (request: Request) => {
    asked.push((await request.json()) as { token: string; who: string });
    return Response.json(status === 202 ? {} : { code: "x" }, { status });
  });
});

afterEach(() => {
  window.history.replaceState(null, "", "/");
  vi.unstubAllGlobals();
});

it("keeps the poster's token over a reload, and out of the address", async () => {
  await load("/join#poster=abc-_");
  expect(window.location.href).toMatch(/\/join$/);
  await load();
  expect(field().disabled).toBe(false);
  ask();
  await screen.findByTestId("join-done");
  expect(asked).toEqual([{ token: "abc-_", who: "4711" }]);
});

it("forgets it once it was used", async () => {
  await load("/join#poster=abc");
  ask();
  await screen.findByTestId("join-done");
  await load();
  expect(field().disabled).toBe(true);
});

it("forgets it when the hub does not take it", async () => {
  status = 422;
  await load("/join#poster=abc");
  ask();
  await screen.findByRole("alert");
  await load();
  expect(field().disabled).toBe(true);
});

it("keeps it while the hub is busy", async () => {
  status = 429;
  await load("/join#poster=abc");
  ask();
  await screen.findByRole("alert");
  await load();
  expect(field().disabled).toBe(false);
});

it("takes the newest poster that was scanned", async () => {
  await load("/join#poster=old");
  await load("/join#poster=new");
  await load();
  ask();
  await waitFor(() => expect(asked[0]?.token).toBe("new"));
});

it("works where nothing can be kept", async () => {
  vi.stubGlobal("sessionStorage", { getItem: fails, setItem: fails, removeItem: fails });
  await load("/join#poster=abc");
  expect(window.location.href).toMatch(/\/join$/);
  ask();
  await screen.findByTestId("join-done");
});

function fails(): never {
  throw new Error("not allowed");
}
