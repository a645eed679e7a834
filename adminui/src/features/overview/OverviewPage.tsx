import { SimpleGrid, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { useTranslation } from "react-i18next";
import { api } from "../../api.ts";
import { QueryView } from "../../components/QueryView.tsx";
import { Page } from "../../shell/Page.tsx";
import { SetupCard } from "../setup/SetupCard.tsx";
import { ConnectorHealth } from "./ConnectorHealth.tsx";
import { Numbers } from "./Numbers.tsx";
import { Todos } from "./Todos.tsx";

/** OverviewPage answers two questions: does it work, and what waits for me. */
export function OverviewPage() {
  const { t } = useTranslation("overview");
  const query = useQuery({
    queryKey: ["overview"],
    queryFn: () => unwrap(api.GET("/api/v1/overview")),
  });
  return (
    <Page title={t("title")}>
      <QueryView query={query} rows={8}>
        {(data) => (
          <Stack>
            <SetupCard />
            <SimpleGrid cols={{ base: 1, lg: 2 }}>
              <Todos todos={data.todos} />
              <ConnectorHealth connectors={data.connectors} />
            </SimpleGrid>
            <Numbers overview={data} />
          </Stack>
        )}
      </QueryView>
    </Page>
  );
}
