import type { MantineTheme } from "@mantine/core";
import { describe, expect, it } from "vitest";
import { priorities } from "./priority.ts";
import { cssVariables } from "./theme.ts";

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast ratio of WCAG 2.2, 1 to 21. */
function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const variables = cssVariables({} as MantineTheme);

describe.each(["light", "dark"] as const)("%s texts are readable (WCAG AA, 4.5:1)", (scheme) => {
  const color = (name: string): string => {
    const value = variables[scheme][`--${name}`];
    if (!value) throw new Error(`no variable --${name}`);
    return value;
  };
  const grounds = ["mantine-color-body", "wl-surface"];
  const texts = ["dimmed", "placeholder", "error", "anchor"].map((name) => `mantine-color-${name}`);

  it.each(texts)("%s", (text) => {
    for (const ground of grounds) {
      expect(contrast(color(text), color(ground)), ground).toBeGreaterThanOrEqual(4.5);
    }
  });

  it.each(priorities)("priority %s", (priority) => {
    const text = color(`wl-priority-${priority}`);
    for (const ground of [...grounds, `wl-priority-${priority}-soft`]) {
      expect(contrast(text, color(ground)), ground).toBeGreaterThanOrEqual(4.5);
    }
  });

  it("has a colour of its own for each priority", () => {
    const all = priorities.map((priority) => color(`wl-priority-${priority}`));
    expect(new Set(all).size).toBe(priorities.length);
  });
});
