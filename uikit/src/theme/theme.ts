import {
  ActionIcon,
  Badge,
  Button,
  createTheme,
  Menu,
  Modal,
  type CSSVariablesResolver,
} from "@mantine/core";
import { dark, ward } from "./palette.ts";

// Only fonts the system has: nothing is fetched, German umlauts included.
const fontFamily =
  '"Segoe UI Variable Text", "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, sans-serif';

export const theme = createTheme({
  colors: { ward, dark },
  primaryColor: "ward",
  // Shade 6 in dark gives 3.77:1 under white text; 8 passes WCAG AA in both.
  primaryShade: { light: 8, dark: 8 },
  autoContrast: true,
  defaultRadius: "md",
  fontFamily,
  headings: { fontFamily, fontWeight: "600" },
  cursorType: "pointer",
  components: {
    // Touch targets: 44 px where a thumb in a glove has to hit (WCAG 2.5.8 asks 24).
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: "subtle", color: "gray", size: 40 } }),
    Button: Button.extend({ defaultProps: { size: "md" } }),
    Badge: Badge.extend({ defaultProps: { variant: "light", tt: "none" } }),
    // Its placeholder for the focus is a child a menu may not have (aria-required-children).
    Menu: Menu.extend({ defaultProps: { withInitialFocusPlaceholder: false } }),
    Modal: Modal.extend({ defaultProps: { centered: true } }),
  },
});

/**
 * cssVariables replaces the greys and reds of Mantine that fail WCAG AA
 * (dimmed is 3.3:1 light and 4.0:1 dark out of the box).
 */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-body": "#f7f9fa",
    "--mantine-color-dimmed": "#55626b",
    "--mantine-color-placeholder": "#626f78",
    "--mantine-color-error": "#b42318",
    "--mantine-color-anchor": "#0d5c66",
    "--wl-surface": "#ffffff",
    "--wl-line": "#dbe2e6",
    "--wl-bubble-mine": "#dff1f3",
    "--wl-bubble-mine-line": "#b9dde1",
    "--wl-priority-info": "#155fa0",
    "--wl-priority-info-soft": "#e6f0fa",
    "--wl-priority-low": "#4a5660",
    "--wl-priority-low-soft": "#edf1f3",
    "--wl-priority-normal": "#0d5c66",
    "--wl-priority-normal-soft": "#e3f3f4",
    "--wl-priority-urgent": "#8f4700",
    "--wl-priority-urgent-soft": "#fff0db",
    "--wl-priority-emergency": "#b3141d",
    "--wl-priority-emergency-soft": "#fde8e8",
  },
  dark: {
    "--mantine-color-body": dark[8],
    "--mantine-color-dimmed": "#a8b5bd",
    "--mantine-color-placeholder": "#93a1aa",
    "--mantine-color-error": "#ff9a92",
    "--mantine-color-anchor": "#7fd0d8",
    // Tints of "light" variants: Mantine's are nearly black green and maroon.
    "--mantine-color-ward-light": "#1c3d43",
    "--mantine-color-ward-light-hover": "#23494f",
    "--mantine-color-ward-light-color": "#8fdbe2",
    "--mantine-primary-color-light": "#1c3d43",
    "--mantine-primary-color-light-hover": "#23494f",
    "--mantine-primary-color-light-color": "#8fdbe2",
    "--mantine-color-red-light": "#431519",
    "--mantine-color-red-light-hover": "#521b20",
    "--mantine-color-red-light-color": "#ffb3ad",
    "--wl-surface": dark[7],
    "--wl-line": dark[5],
    "--wl-bubble-mine": "#1c3d43",
    "--wl-bubble-mine-line": "#2b565d",
    "--wl-priority-info": "#8cc4f7",
    "--wl-priority-info-soft": "#14293d",
    "--wl-priority-low": "#b7c3ca",
    "--wl-priority-low-soft": "#232e37",
    "--wl-priority-normal": "#7fd0d8",
    "--wl-priority-normal-soft": "#10302f",
    "--wl-priority-urgent": "#ffbd66",
    "--wl-priority-urgent-soft": "#3a2709",
    "--wl-priority-emergency": "#ff9a92",
    "--wl-priority-emergency-soft": "#431519",
  },
});
