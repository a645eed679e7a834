import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { createQueryClient } from "@wardline/uikit/api/queryClient.ts";
import { setUpTexts } from "@wardline/uikit/i18n/setup.ts";
import type { ReactNode } from "react";
import { afterEach, expect, it, vi } from "vitest";
import type { Import, Run } from "../../api/runs.ts";
import plans from "../plans/de.json";
import runs from "../runs/de.json";
import de from "./de.json";
import { DryStep } from "./DryStep.tsx";

vi.mock("../../components/LinkTo.tsx", () => ({ LinkTo: ({ children }: { children: ReactNode }) => children }));

setUpTexts({ "./features/imports/de.json": de, "./features/plans/de.json": plans, "./features/runs/de.json": runs });

const taken: Import = {
  id: "i", name: "personal.csv", expires: "2026-12-01T00:00:00Z", format: "csv", header: ["Nr"], sample: [], rows: 114,
  suggested: [], remembered: false, key: "staff_number",
};

const dry: Run = {
  id: "r", connector_id: "c", mode: "full", state: "dry", cause: "upload", began: "2026-11-30T00:00:00Z", read: 114, faults: 0,
  counts: { create: 0, update: 0, lock: 3100, unlock: 0 }, unchanged: 114, conflicts: 0,
};

const reason = { code: "shrunk", numbers: { known: 3214, mentioned: 114, missing: 3100, locks: 3100, limit_percent: 5, limit_accounts: 25 } };

function show(run: Run) {
  const applied = vi.fn();
  vi.stubGlobal("fetch", vi.fn(async (request: Request) => Response.json(request.url.endsWith("/apply") ? { ...run, state: "held" } : { items: [] })));
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={createQueryClient()}>
        <DryStep taken={taken} ask={{ mapping: [], mode: "full", key: "staff_number" }} run={run} onApplied={applied} onBack={vi.fn()} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  return applied;
}

afterEach(() => vi.unstubAllGlobals());

const missing = "3.100 von 3.214 Beschäftigten fehlen in der Quelle; sie nennt nur 114.";

it("says that the brake will hold it, why, and that nobody is locked by that", async () => {
  const applied = show({ ...dry, reason });
  const stopped = screen.getByTestId("run-stopped").textContent;
  expect(stopped).toContain(runs.dryHeld);
  expect(stopped).toContain(missing);
  expect(stopped).toContain("5 % oder 25 Konten");
  const button = screen.getByTestId("import-apply");
  expect(button.textContent).toBe(de.submit);
  fireEvent.click(button);
  const dialog = await screen.findByRole("dialog");
  expect(dialog.textContent).toContain(`wird angehalten und zur Prüfung vorgelegt: ${missing}`);
  expect(dialog.textContent).not.toContain("Sitzungen");
  fireEvent.click([...dialog.querySelectorAll("button")].find(({ textContent }) => textContent === de.submit) ?? dialog);
  await waitFor(() => expect(applied.mock.calls[0]?.[0]).toMatchObject({ state: "held" }));
});

it("asks before it locks where the brake lets it pass", async () => {
  show(dry);
  expect(screen.queryByTestId("run-stopped")).toBeNull();
  fireEvent.click(screen.getByTestId("import-apply"));
  expect((await screen.findByRole("dialog")).textContent).toContain("3.100 Personen werden gesperrt");
});
