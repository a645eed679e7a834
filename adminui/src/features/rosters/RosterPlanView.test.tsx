import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import { setUpTexts } from "@wardline/uikit/i18n/setup.ts";
import { expect, it } from "vitest";
import runs from "../runs/de.json";
import de from "./de.json";
import { RosterPlanView } from "./RosterPlanView.tsx";

setUpTexts({ "./features/rosters/de.json": de, "./features/runs/de.json": runs });

function places(records: string[]): string[] {
  const faults = records.map((record) => ({ record, code: "times" }));
  render(
    <MantineProvider env="test">
      <RosterPlanView plan={{ from: "", until: "", adds: [], removes: [], same: 0, faults }} />
    </MantineProvider>,
  );
  return screen.getAllByTestId("roster-fault").map((row) => row.querySelector("td")?.textContent.replace(de.record, "") ?? "");
}

it.each([
  ["rows", ["row 12", "row 3", "row 2"], ["Zeile 2", "Zeile 3", "Zeile 12"]],
  ["events", ["event 10", "event 3"], ["Termin 3", "Termin 10"]],
])("%s that cannot be taken stand in the order of the file, in the reader's words", (_, records, words) =>
  expect(places(records)).toEqual(words));
