import type { MantineColorsTuple } from "@mantine/core";

// A calm blue-green: clinical without the alarm meaning that red, orange and
// yellow carry on a ward. Shade 8 on white and white on shade 8 are >= 4.5:1.
export const ward: MantineColorsTuple = [
  "#e9f6f7",
  "#d3eaec",
  "#a6d5d9",
  "#76bfc5",
  "#4fabb4",
  "#3499a4",
  "#20848f",
  "#136f7a",
  "#0d5c66",
  "#074850",
];

// Blue-grey instead of Mantine's neutral dark, so that dark mode on a night
// shift looks calm and text keeps its contrast.
export const dark: MantineColorsTuple = [
  "#dfe6ea",
  "#c3ced4",
  "#a3b1b9",
  "#7c8b94",
  "#4b5963",
  "#33404a",
  "#25303a",
  "#1a232b",
  "#131a21",
  "#0d1318",
];
