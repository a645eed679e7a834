import { Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { Time } from "@wardline/uikit/components/Time.tsx";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Run } from "../../api/runs.ts";
import { ToneBadge } from "../../components/Badges.tsx";
import { LinkTo } from "../../components/LinkTo.tsx";
import { Panel } from "../../components/Panel.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { Page } from "../../shell/Page.tsx";
import { useConnectorName, useRun } from "./calls.ts";
import { Judged } from "./Judged.tsx";
import { RecordTable } from "./RecordTable.tsx";
import { faultText, runDetail, tones, tookText } from "./runText.ts";
import { Stopped } from "./Stopped.tsx";
import { useCountsText } from "./useCountsText.ts";

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <Text size="sm" c="dimmed">
        {name}
      </Text>
      <Text component="div">{children}</Text>
    </div>
  );
}

function Facts({ run }: { run: Run }) {
  const { t, i18n } = useTranslation("runs");
  const nameOf = useConnectorName();
  const countsText = useCountsText();
  const number = (value: number): string => value.toLocaleString(i18n.language);
  const name = nameOf(run.connector_id);
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 5 }}>
      <Fact name={t("connector")}>
        {name ? (
          <LinkTo to="/connectors/$id" params={{ id: run.connector_id }} search={{ tab: "runs" }}>
            {name}
          </LinkTo>
        ) : (
          "–"
        )}
      </Fact>
      <Fact name={t("began")}>
        <Time at={run.began} format="absolute" />
      </Fact>
      <Fact name={t("took")}>{tookText(run, i18n.language) || "–"}</Fact>
      <Fact name={t("modeTitle")}>{t(`mode.${run.mode}`)}</Fact>
      <Fact name={t("causeTitle")}>{t(`cause.${run.cause}`, { defaultValue: run.cause })}</Fact>
      <Fact name={t("read")}>{number(run.read)}</Fact>
      <Fact name={t("faults")}>{number(run.faults)}</Fact>
      <Fact name={t("unchanged")}>{number(run.unchanged)}</Fact>
      <Fact name={t("conflicts")}>{number(run.conflicts)}</Fact>
      <Fact name={t("result")}>{countsText(run)}</Fact>
      {run.file && <Fact name={t("file")}>{run.file}</Fact>}
    </SimpleGrid>
  );
}

function Links({ run }: { run: Run }) {
  const { t } = useTranslation("runs");
  const { plan_id: plan = "", message_id: message = "", conflicts } = run;
  return (
    <Group gap="md" mt="md">
      {plan && (
        <LinkTo to="/plans/$id" params={{ id: plan }}>
          {t("toPlan")}
        </LinkTo>
      )}
      {conflicts > 0 && <LinkTo to="/conflicts">{t("toConflicts")}</LinkTo>}
      {message && (
        <LinkTo to="/messages/$id" params={{ id: message }}>
          {t("message")}
        </LinkTo>
      )}
    </Group>
  );
}

const hinted = new Set<Run["state"]>(["rejected", "failed"]);

/** RunSummary is what one run came to; the import wizard ends with it too. */
export function RunSummary({ run }: { run: Run }) {
  const { t } = useTranslation("runs");
  return (
    <Panel
      title={t("summary")}
      actions={<ToneBadge tone={tones[run.state] ?? "idle"} label={t(`state.${run.state}`)} />}
    >
      {run.fault && (
        <div role="alert" data-testid="run-fault" data-fault={run.fault.name}>
          <Text fw={600}>{faultText(run.fault.name, t)}</Text>
          <Text size="sm" c="dimmed">
            {runDetail(run.fault, t)}
          </Text>
        </div>
      )}
      <Stopped run={run} />
      {hinted.has(run.state) && <Text mb="sm">{t(`${run.state}Hint`)}</Text>}
      <Judged run={run} />
      <Facts run={run} />
      <Links run={run} />
    </Panel>
  );
}

export function RunPage() {
  const { t } = useTranslation("runs");
  const { id = "" } = useParams({ strict: false });
  const query = useRun(id);
  return (
    <Page title={t("one")} back="/runs">
      <QueryView query={query}>
        {(run) => (
          <Stack data-testid="run" data-state={run.state}>
            <RunSummary run={run} />
            <RecordTable run={run} />
          </Stack>
        )}
      </QueryView>
    </Page>
  );
}
