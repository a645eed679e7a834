import { createApi } from "@wardline/uikit/api/client.ts";
import { createQueryClient } from "@wardline/uikit/api/queryClient.ts";
import { meKey } from "@wardline/uikit/session/meKey.ts";
import type { ConsolePaths } from "./api/paths.ts";

export const queries = createQueryClient();

/** True in the cache after the hub ended the session, so that the sign-in page can say so. */
export const sessionEndedKey = ["session-ended"] as const;

/** sessionEnded shows the sign-in page; the address stays, so work goes on there. */
export function sessionEnded(): void {
  queries.setQueryData(sessionEndedKey, true);
  queries.setQueryData(meKey, null);
}

export const api = createApi<ConsolePaths>({ onSignedOut: sessionEnded });
