import { Skeleton, Stack } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { ErrorState } from "@wardline/uikit/components/ErrorState.tsx";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

function Pending({ rows }: { rows: number }) {
  const { t } = useTranslation("ui");
  return (
    <Stack gap="xs" p="md" role="status" aria-label={t("loading")} data-testid="loading">
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={36} radius="md" />
      ))}
    </Stack>
  );
}

interface Props<T> {
  query: UseQueryResult<T>;
  /** How many grey bars stand in until the first answer. */
  rows?: number;
  children: (data: T) => ReactNode;
}

/**
 * QueryView shows what a query is about: bars, what failed, or the data. Data that
 * could not be refreshed stays on the screen: old is better than nothing.
 */
export function QueryView<T>({ query, rows = 6, children }: Props<T>) {
  if (query.data !== undefined) return children(query.data);
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  return <Pending rows={rows} />;
}
