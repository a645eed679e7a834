import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { createQueryClient } from "../api/queryClient.ts";
import { setUpTexts } from "../i18n/setup.ts";
import { SessionProvider, useSession } from "./SessionProvider.tsx";
import { SignInForm } from "./SignInForm.tsx";

setUpTexts({});

/** A hub with one account, "pflege1" / "richtig". */
function fakeHub() {
  let signedIn = false;
  return vi.fn(async (request: Request) => {
    if (request.url.endsWith("/auth/login")) {
      const body = (await request.json()) as { login: string; password: string };
      signedIn = body.login === "pflege1" && body.password === "richtig";
    }
    const me = { user_id: "1", login: "pflege1", name: "Pflege Eins", level: "internal" };
    return signedIn ? Response.json(me) : new Response(null, { status: 401 });
  });
}

function Who() {
  const { me } = useSession();
  return me ? <p>Hallo {me.name}</p> : <SignInForm />;
}

function open() {
  vi.stubGlobal("fetch", fakeHub());
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={createQueryClient()}>
        <SessionProvider pending={<p>pending</p>} failed={(error) => <p>{error.message}</p>}>
          <Who />
        </SessionProvider>
      </QueryClientProvider>
    </MantineProvider>,
  );
}

async function enter(login: string, password: string) {
  fireEvent.change(await screen.findByLabelText("Benutzername oder Personalnummer"), {
    target: { value: login },
  });
  fireEvent.change(screen.getByLabelText("Passwort"), { target: { value: password } });
  fireEvent.click(screen.getByRole("button", { name: "Anmelden" }));
}

afterEach(() => vi.unstubAllGlobals());

it("signs in", async () => {
  open();
  await enter(" pflege1 ", "richtig");
  expect(await screen.findByText("Hallo Pflege Eins")).toBeTruthy();
});

it("says that the password is wrong and lets one try again", async () => {
  open();
  await enter("pflege1", "falsch");
  expect((await screen.findByRole("alert")).textContent).toContain("stimmt nicht");
  await enter("pflege1", "richtig");
  expect(await screen.findByText("Hallo Pflege Eins")).toBeTruthy();
});
