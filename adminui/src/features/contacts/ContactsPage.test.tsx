import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { createQueryClient } from "@wardline/uikit/api/queryClient.ts";
import { setUpTexts } from "@wardline/uikit/i18n/setup.ts";
import { SessionProvider } from "@wardline/uikit/session/SessionProvider.tsx";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, expect, it, vi } from "vitest";
import de from "./de.json";
import { ContactsPage } from "./ContactsPage.tsx";

vi.mock("../../components/LinkTo.tsx", () => ({ LinkTo: ({ children }: { children: ReactNode }) => children }));

setUpTexts({ "./features/contacts/de.json": de });

/** A hub that keeps addresses; roles are those of whoever looks. */
function fakeHub(roles: string[], mails: string[]) {
  const saved: string[][] = [];
  vi.stubGlobal(
    "fetch",
    vi.fn(async (request: Request) => {
      if (request.url.endsWith("/me")) return Response.json({ user_id: "1", name: "IT", level: "admin", roles });
      if (request.url.endsWith("/connectors")) return Response.json({ items: [] });
      if (request.method === "PUT") {
        mails = ((await request.json()) as { mails: string[] }).mails;
        saved.push(mails);
      }
      return Response.json({ mails });
    }),
  );
  return saved;
}

async function open() {
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={createQueryClient()}>
        <SessionProvider pending="…" failed={(error) => error.message}>
          <ContactsPage />
        </SessionProvider>
      </QueryClientProvider>
    </MantineProvider>,
  );
  await screen.findByTestId("contacts");
}

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it("adds, changes and removes addresses, each saved with all the others", async () => {
  const saved = fakeHub(["policy"], ["it@klinik.example"]);
  await open();
  fireEvent.change(screen.getByTestId("contact-mail"), { target: { value: "IT@klinik.example" } });
  fireEvent.click(screen.getByTestId("contact-add"));
  expect(screen.getByText(de.wrong.known)).toBeTruthy();
  fireEvent.change(screen.getByTestId("contact-mail"), { target: { value: " leitung@klinik.example " } });
  fireEvent.click(screen.getByTestId("contact-add"));
  await waitFor(() => expect(screen.getAllByTestId("contact-edit")).toHaveLength(2));

  fireEvent.click(screen.getAllByTestId("contact-edit")[0]!);
  fireEvent.change(screen.getByTestId("contact-change"), { target: { value: "edv@klinik.example" } });
  fireEvent.click(screen.getByTestId("contact-save"));
  await screen.findByText("edv@klinik.example");

  fireEvent.click(screen.getAllByTestId("contact-remove")[1]!);
  fireEvent.click(await screen.findByRole("button", { name: de.remove }));
  await waitFor(() => expect(screen.getAllByTestId("contact-edit")).toHaveLength(1));
  expect(saved).toEqual([
    ["it@klinik.example", "leitung@klinik.example"],
    ["edv@klinik.example", "leitung@klinik.example"],
    ["edv@klinik.example"],
  ]);
});

it.each([
  [["policy"], true, false],
  [["owner"], true, true],
  [["connectors"], false, true],
  [["auditor"], false, true],
])("%j may change: %s, is told that no mail is sent: %s", async (roles, changes, told) => {
  fakeHub(roles, ["it@klinik.example"]);
  await open();
  expect(screen.queryByTestId("contact-edit") !== null).toBe(changes);
  expect(screen.queryByTestId("contact-add") !== null).toBe(changes);
  expect(screen.queryByText(de.readOnly) === null).toBe(changes);
  if (told) await screen.findByTestId("contacts-no-mail");
  else expect(screen.queryByTestId("contacts-no-mail")).toBeNull();
});

it("at five addresses there is no room for a further one", async () => {
  fakeHub(["policy"], ["a", "b", "c", "d", "e"].map((name) => `${name}@klinik.example`));
  await open();
  expect(screen.queryByTestId("contact-add")).toBeNull();
  expect(screen.getByText(de.tooMany)).toBeTruthy();
});
