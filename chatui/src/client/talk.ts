import type { ChatClient } from "../chat/chatClient.ts";
import { backoff } from "../stream/backoff.ts";
import type { Talk } from "../stream/stream.ts";

/** talkTo brings the stream's conversations to the chat client. */
export function talkTo(chat: ChatClient): Talk {
  return {
    keep: (items, signal) => keepAtLast(() => chat.keep(items), signal),
    heard: (message) => chat.heard(message),
    live: (live) => chat.live(live),
  };
}

/**
 * keepAtLast tries the same batch again until it is kept: a device log that cannot
 * be fetched just now must neither lose an item nor cost the alarms their connection.
 */
export async function keepAtLast(keep: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await keep();
    } catch (error) {
      if (signal.aborted) throw error;
      await pause(backoff(attempt, Math.random), signal);
      if (signal.aborted) throw error;
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => resolve(clearTimeout(timer)), { once: true });
  });
}
