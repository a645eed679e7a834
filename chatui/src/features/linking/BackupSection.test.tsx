import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { setUpTexts } from "@wardline/uikit/i18n/setup.ts";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { FakeChat, FakeClient } from "../chat/fakeChat.tsx";
import { BackupSection } from "./BackupSection.tsx";
import de from "./de.json";

vi.mock("@wardline/uikit/session/SessionProvider.tsx", () => ({ useMe: () => ({ name: "Käthe Müller" }) }));

setUpTexts({ "./features/linking/de.json": de });

const code = "7K3M-9QXZ-0ABC-1234-5678-9DEF-A1B2";

// Answers as a worker would: with a copy, and not at all to what cannot be copied.
const answers = <T,>(value: T) => (async (...args: unknown[]) => (structuredClone(args), value)) as () => Promise<T>;

function open(there: boolean, state: ConstructorParameters<typeof FakeChat>[0] = { backupAllowed: true }) {
  const fake = new FakeChat(state);
  vi.mocked(fake.actions.hasBackup).mockImplementation(answers(there));
  vi.mocked(fake.actions.makeBackup).mockImplementation(answers(code));
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={new QueryClient()}>
        <FakeClient chat={fake}>
          <BackupSection />
        </FakeClient>
      </QueryClientProvider>
    </MantineProvider>,
  );
  return fake;
}

it("makes a backup, shows its code once and lets go when the last group was typed", async () => {
  open(false);
  fireEvent.click(await screen.findByTestId("make-backup"));
  expect((await screen.findByTestId("recovery-code-shown")).textContent).toBe(code.replaceAll("-", ""));
  const kept = screen.getByTestId<HTMLButtonElement>("code-kept");
  fireEvent.change(screen.getByTestId("type-last"), { target: { value: "a1b1" } });
  expect(kept.disabled).toBe(true);
  fireEvent.change(screen.getByTestId("type-last"), { target: { value: "aib2" } });
  fireEvent.click(kept);
  await waitFor(() => expect(screen.queryByTestId("recovery-code-shown")).toBe(null));
});

it("asks before a backup is deleted", async () => {
  const fake = open(true);
  fireEvent.click(await screen.findByTestId("drop-backup"));
  expect(fake.actions.dropBackup).not.toHaveBeenCalled();
  const buttons = await screen.findAllByRole("button", { name: de.backup.drop });
  fireEvent.click(buttons.at(-1) as HTMLElement);
  await waitFor(() => expect(fake.actions.dropBackup).toHaveBeenCalledOnce());
});

it("offers nothing where the clinic forbids it, and is not there before this device is linked", () => {
  open(false, { backupAllowed: false });
  expect(screen.getByTestId("settings-backup").textContent).toContain(de.backup.forbidden);
  expect(screen.queryByTestId("make-backup")).toBe(null);
});
