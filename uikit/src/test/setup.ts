import { cleanup } from "@testing-library/react";
import { afterEach } from "vitest";

// jsdom has no layout: Mantine asks for these two when it mounts. Tests of the
// build run without jsdom and need neither.
function addLayoutStubs(): void {
  window.matchMedia ??= (query) =>
    ({
      matches: false,
      media: query,
      onchange: null,
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
      addListener: () => undefined,
      removeListener: () => undefined,
      dispatchEvent: () => false,
    }) satisfies MediaQueryList;

  window.ResizeObserver ??= class {
    observe(): void {}
    unobserve(): void {}
    disconnect(): void {}
  };
}

if (typeof window !== "undefined") addLayoutStubs();

afterEach(cleanup);
