import { Alert, Button, Group, Tabs, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useParams } from "@tanstack/react-router";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Connector, Kind } from "../../api/systems.ts";
import { HealthBadge } from "../../components/Badges.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { useFilters } from "../../components/useFilters.ts";
import { Page } from "../../shell/Page.tsx";
import { RunButtons } from "../runs/RunButtons.tsx";
import { RunList } from "../runs/RunsPage.tsx";
import { useConnector, useKinds } from "./calls.ts";
import { ConnectorEditor } from "./ConnectorEditor.tsx";
import { DeletePanel } from "./DeletePanel.tsx";
import { Figures } from "./Figures.tsx";
import { hubText } from "./hubText.ts";
import { Revisions } from "./Revisions.tsx";
import { Tokens } from "./Tokens.tsx";

/** Settings keeps the revision the editing began with, whatever others save meanwhile. */
function Settings({ connector, kind }: { connector: Connector; kind: Kind }) {
  const { t } = useTranslation("connectors");
  const [base, setBase] = useState(connector);
  const saved = (next: Connector): void => {
    setBase(next);
    notifications.show({ message: t("saved", { revision: next.revision }) });
  };
  return (
    <>
      {connector.revision > base.revision && (
        <Alert color="orange" variant="light" mb="md" role="status">
          <Text c="var(--mantine-color-text)">{t("newer", { revision: connector.revision })}</Text>
          <Button mt="xs" size="sm" variant="default" onClick={() => setBase(connector)}>
            {t("loadNewer")}
          </Button>
        </Alert>
      )}
      <ConnectorEditor key={base.revision} kind={kind} base={base} onSaved={saved} />
    </>
  );
}

function Detail({ connector, kind }: { connector: Connector; kind: Kind }) {
  const { t } = useTranslation("connectors");
  const [{ tab }, change] = useFilters(["tab"]);
  return (
    <>
      <Group gap="xs" data-testid="connector-health" data-state={connector.health.state}>
        <HealthBadge state={connector.health.state} />
        {connector.health.since && <Time at={connector.health.since} />}
        {connector.health.detail && <Text size="sm">{hubText(connector.health.detail, t)}</Text>}
      </Group>
      {kind.capabilities.pull && <RunButtons connector={connector} />}
      <Tabs value={tab || "settings"} onChange={(next) => change({ tab: next === "settings" ? "" : (next ?? "") })} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="settings">{t("tab.settings")}</Tabs.Tab>
          <Tabs.Tab value="figures">{t("tab.figures")}</Tabs.Tab>
          <Tabs.Tab value="revisions">{t("tab.revisions")}</Tabs.Tab>
          {kind.capabilities.pull && <Tabs.Tab value="runs">{t("tab.runs")}</Tabs.Tab>}
          {kind.capabilities.tokens && <Tabs.Tab value="tokens">{t("tab.tokens")}</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value="settings">
          <Settings connector={connector} kind={kind} />
          <DeletePanel connector={connector} />
        </Tabs.Panel>
        <Tabs.Panel value="figures">
          <Figures connector={connector} />
        </Tabs.Panel>
        <Tabs.Panel value="revisions">
          <Revisions connector={connector} />
        </Tabs.Panel>
        {kind.capabilities.pull && (
          <Tabs.Panel value="runs">
            <RunList connector={connector.id} withConnector={false} />
          </Tabs.Panel>
        )}
        {kind.capabilities.tokens && (
          <Tabs.Panel value="tokens">
            <Tokens connector={connector} />
          </Tabs.Panel>
        )}
      </Tabs>
    </>
  );
}

export function ConnectorPage() {
  const { t } = useTranslation("connectors");
  const { id = "" } = useParams({ strict: false });
  const connector = useConnector(id);
  const kinds = useKinds();
  const kind = kinds.data?.items.find(({ name }) => name === connector.data?.kind);
  return (
    <Page title={connector.data?.name ?? t("one")} back="/connectors">
      <QueryView query={connector}>
        {(data) => (
          <QueryView query={kinds}>
            {() => (kind ? <Detail key={id} connector={data} kind={kind} /> : <Text>{t("unknownKind")}</Text>)}
          </QueryView>
        )}
      </QueryView>
    </Page>
  );
}
