import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

// jsdom has no layout: Mantine asks for these when it mounts. Tests of the
// build run without jsdom and need none.
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

  // A field that grows measures itself again when a font has come.
  if (!document.fonts) Object.defineProperty(document, "fonts", { value: new EventTarget() });
}

if (typeof window !== "undefined") addLayoutStubs();

configure({ asyncUtilTimeout: 30_000 });
afterEach(cleanup);
