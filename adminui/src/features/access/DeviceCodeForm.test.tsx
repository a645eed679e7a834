import { MantineProvider } from "@mantine/core";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { setUpTexts } from "@wardline/uikit/i18n/setup.ts";
import { afterEach, expect, it, vi } from "vitest";
import de from "./de.json";
import { DeviceCodeForm } from "./DeviceCodeForm.tsx";

setUpTexts({ "./features/access/de.json": de });

afterEach(cleanup);

function show() {
  const onMake = vi.fn();
  render(
    <MantineProvider env="test">
      <DeviceCodeForm pending={false} onMake={onMake} />
    </MantineProvider>,
  );
  const type = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });
  return { onMake, type, submit: () => fireEvent.submit(screen.getByTestId("device-code-label")) };
}

it("asks for a day unless told otherwise", () => {
  const { onMake, type, submit } = show();
  type(de.codes.label, " Inv. 4711 ");
  submit();
  expect(onMake).toHaveBeenCalledExactlyOnceWith({ label: "Inv. 4711", hours: 24 }, expect.any(Function));
  const field = screen.getByTestId<HTMLInputElement>("device-code-label");
  expect(field.value).not.toBe("");
  act(onMake.mock.calls[0]?.[1]);
  expect(field.value).toBe("");
});

it("takes other hours", () => {
  const { onMake, type, submit } = show();
  type(de.codes.label, "Inv. 4711");
  type(de.codes.hours, "168");
  submit();
  expect(onMake).toHaveBeenCalledWith({ label: "Inv. 4711", hours: 168 }, expect.any(Function));
});

it.each([
  ["no label", "  ", "24", de.codes.labelMissing],
  ["no hours", "Inv. 4711", "", "1 bis 168 Stunden"],
  ["more hours than there may be", "Inv. 4711", "169", "1 bis 168 Stunden"],
])("makes none of %s", (_name, label, hours, said) => {
  const { onMake, type, submit } = show();
  type(de.codes.label, label);
  type(de.codes.hours, hours);
  submit();
  expect(onMake).not.toHaveBeenCalled();
  expect(screen.getByText(said)).toBeTruthy();
});
