import { createQueryClient } from "@wardline/uikit/api/queryClient.ts";
import { meKey } from "@wardline/uikit/session/meKey.ts";

export const queries = createQueryClient();

/** sessionEnded shows the sign-in page; the address stays, so work goes on there. */
export function sessionEnded(): void {
  queries.setQueryData(meKey, null);
}
