import { useInfiniteQuery } from "@tanstack/react-query";
import type { List } from "../api/list.ts";

/** useLongList reads a list part by part, following the cursor the hub gave. */
export function useLongList<Row>(
  queryKey: readonly unknown[],
  read: (cursor: string) => Promise<List<Row>>,
) {
  return useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => read(pageParam),
    initialPageParam: "",
    getNextPageParam: (last) => last.next || undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
  });
}
