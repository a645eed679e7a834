import { useQuery } from "@tanstack/react-query";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { api } from "../../api.ts";

export interface Member {
  id: string;
  name: string;
}

async function readAll(id: string): Promise<Member[]> {
  const members: Member[] = [];
  let cursor = "";
  do {
    const page = await unwrap(
      api.GET("/api/v1/groups/{id}/members", {
        params: { path: { id }, query: { limit: "200", ...(cursor ? { cursor } : {}) } },
      }),
    );
    members.push(...page.items);
    cursor = page.next ?? "";
  } while (cursor !== "");
  return members;
}

/**
 * useAllMembers reads the members of a group to the last: whoever saves them all must have
 * all of them. A new group has none.
 */
export function useAllMembers(id: string) {
  return useQuery({
    queryKey: ["groups", id, "all"],
    queryFn: () => (id ? readAll(id) : []),
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  });
}
