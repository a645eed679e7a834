import { MantineProvider } from "@mantine/core";
import { setUpTexts } from "@wardline/uikit/i18n/setup.ts";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, expect, it } from "vitest";
import persons from "../persons/de.json";
import de from "./de.json";
import { FieldOrder } from "./FieldOrder.tsx";

setUpTexts({ "./features/precedence/de.json": de, "./features/persons/de.json": persons });

const sources = [
  { id: "ad", name: "Verzeichnis" },
  { id: "kis", name: "KIS" },
];

function Order({ field, start }: { field: string; start: string[] }) {
  const [order, setOrder] = useState(start);
  return (
    <MantineProvider env="test">
      <FieldOrder field={field} order={order} sources={sources} hand="hand" onChange={setOrder} />
      <p data-testid="kept">{order.join(" ")}</p>
    </MantineProvider>
  );
}

const kept = (): string | null => screen.getByTestId("kept").textContent;
const press = (name: string): void => {
  const button = screen.getByRole("button", { name });
  button.focus();
  fireEvent.click(button);
};

afterEach(cleanup);

it("moves the hand like every other source and tells where it is", () => {
  render(<Order field="mail" start={["ad", "kis"]} />);
  expect(screen.getAllByRole("listitem").map((line) => line.getAttribute("data-source"))).toEqual(["hand", "ad", "kis"]);
  press("Von Hand bei E-Mail nach unten");
  expect(kept()).toBe("ad hand kis");
  expect(screen.getByRole("status").textContent).toBe("Von Hand: Platz 2 von 3");
  press("Von Hand bei E-Mail nach unten");
  expect(kept()).toBe("ad kis hand");
  // At the end the button stays where the keyboard is, and does nothing more.
  expect(document.activeElement?.getAttribute("aria-label")).toBe("Von Hand bei E-Mail nach unten");
  press("Von Hand bei E-Mail nach unten");
  expect(kept()).toBe("ad kis hand");
  for (let i = 0; i < 2; i++) press("Von Hand bei E-Mail nach oben");
  expect(kept()).toBe("ad kis");
  expect(screen.queryByRole("button", { name: "Von Hand bei E-Mail entfernen" })).toBeNull();
});

it("warns where the hand would keep people from being let go", () => {
  render(<Order field="status" start={["hand", "ad"]} />);
  expect(screen.getByTestId("precedence-hand-decides")).toBeTruthy();
  press("Von Hand bei Ausscheiden entfernen");
  expect(kept()).toBe("ad");
  expect(screen.queryByTestId("precedence-hand-decides")).toBeNull();
});
