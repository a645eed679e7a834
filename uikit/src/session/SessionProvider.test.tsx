import { QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createQueryClient } from "../api/queryClient.ts";
import type { Me } from "./authApi.ts";
import { keepMeIn, type KeptMe } from "./keptMe.ts";
import { SessionProvider, useSession } from "./SessionProvider.tsx";

const me: Me = {
  user_id: "1",
  login: "pflege1",
  name: "Pflege Eins",
  level: "internal",
  clinic: { id: "c", name: "Musterklinik" },
  demo: false,
  device_id: "",
  version: "0.1.0",
};

function Who() {
  const { me: who } = useSession();
  return <p>{who ? who.name : "nobody"}</p>;
}

function open(answer: () => Promise<Response>, keep: KeptMe | null) {
  vi.stubGlobal("fetch", vi.fn(answer));
  render(
    <QueryClientProvider client={createQueryClient()}>
      <SessionProvider keep={keep} pending={<p>pending</p>} failed={() => <p>failed</p>}>
        <Who />
      </SessionProvider>
    </QueryClientProvider>,
  );
}

const offline = () => Promise.reject(new TypeError("no network"));

beforeEach(() => window.localStorage.clear());
afterEach(() => vi.unstubAllGlobals());

describe("a start without a network", () => {
  it("opens as who was there last, where that is kept", async () => {
    const keep = keepMeIn(window.localStorage);
    keep.put(me);
    open(offline, keep);
    expect(await screen.findByText("Pflege Eins")).toBeTruthy();
  });

  it("does not open where nothing is kept", async () => {
    open(offline, null);
    expect(await screen.findByText("failed")).toBeTruthy();
  });

  it("does not open for the first time", async () => {
    open(offline, keepMeIn(window.localStorage));
    expect(await screen.findByText("failed")).toBeTruthy();
  });
});

it("keeps who is signed in", async () => {
  const keep = keepMeIn(window.localStorage);
  open(() => Promise.resolve(Response.json(me)), keep);
  await screen.findByText("Pflege Eins");
  expect(keep.get()).toEqual(me);
});

it("forgets when the hub says that the session is over", async () => {
  const keep = keepMeIn(window.localStorage);
  keep.put(me);
  open(() => Promise.resolve(new Response(null, { status: 401 })), keep);
  expect(await screen.findByText("nobody")).toBeTruthy();
  expect(keep.get()).toBeNull();
});
