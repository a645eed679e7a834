import { SimpleGrid, Stack } from "@mantine/core";
import { IconMessageCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { useTranslation } from "react-i18next";
import { api } from "../../api.ts";
import { QueryView } from "../../components/QueryView.tsx";
import { Page } from "../../shell/Page.tsx";
import { Causes } from "./Causes.tsx";
import { RecorderPanel } from "./RecorderPanel.tsx";
import { UnreadableTable } from "./UnreadableTable.tsx";

const period = 10_000;

/** ChatHealthPage answers: is the recorder at work, and which messages could somebody not read. */
export function ChatHealthPage() {
  const { t } = useTranslation("chat");
  const query = useQuery({
    queryKey: ["chat"],
    queryFn: () => unwrap(api.GET("/api/v1/chat")),
    refetchInterval: period,
  });
  return (
    <Page title={t("title")} intro={t("intro")}>
      <QueryView query={query} rows={6}>
        {(data) => (
          <Stack>
            <SimpleGrid cols={{ base: 1, lg: 2 }}>
              <RecorderPanel recorder={data.recorder} />
              <Causes health={data} />
            </SimpleGrid>
            {data.faults.length === 0 ? (
              <EmptyState icon={IconMessageCheck} title={t("empty.title")} hint={t("empty.hint")} />
            ) : (
              <UnreadableTable rows={data.faults} />
            )}
          </Stack>
        )}
      </QueryView>
    </Page>
  );
}
