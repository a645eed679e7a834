import { Button, Center, Stack } from "@mantine/core";
import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { QueryView } from "./QueryView.tsx";

interface Props<Row> {
  query: UseInfiniteQueryResult<Row[]>;
  /** Shown when there is nothing. */
  empty: ReactNode;
  children: (rows: Row[]) => ReactNode;
}

/** LongList shows the parts read so far and offers the next one. */
export function LongList<Row>({ query, empty, children }: Props<Row>) {
  const { t } = useTranslation();
  return (
    <QueryView query={query}>
      {(rows) =>
        rows.length === 0 ? (
          <div className="wl-surface">{empty}</div>
        ) : (
          <Stack gap="sm">
            {children(rows)}
            {query.hasNextPage && (
              <Center>
                <Button
                  variant="default"
                  loading={query.isFetchingNextPage}
                  onClick={() => void query.fetchNextPage()}
                  data-testid="load-more"
                >
                  {t("more")}
                </Button>
              </Center>
            )}
          </Stack>
        )
      }
    </QueryView>
  );
}
