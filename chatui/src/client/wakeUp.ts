/**
 * onWakeUp calls `back` whenever the network or the page may have come or gone.
 * The browser's own "offline" is only a reason to ask: on a ward network without
 * Internet it says so while the hub is well in reach.
 */
export function onWakeUp(signal: AbortSignal, back: () => void): void {
  for (const sign of ["online", "offline", "pageshow"]) window.addEventListener(sign, back, { signal });
  const visible = (): void => {
    if (document.visibilityState === "visible") back();
  };
  document.addEventListener("visibilitychange", visible, { signal });
}
