/**
 * lead waits until this tab is the one that owns `name`, runs `begin`, and keeps
 * the ownership until the signal aborts or the tab is closed; the browser then
 * hands it to the next tab that waits.
 */
export async function lead(
  locks: LockManager,
  name: string,
  signal: AbortSignal,
  begin: () => Promise<void> | void,
): Promise<void> {
  try {
    await locks.request(name, { signal }, async () => {
      await begin();
      await aborted(signal);
    });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
