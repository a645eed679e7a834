import { Group, SegmentedControl } from "@mantine/core";
import { IconBellRinging } from "@tabler/icons-react";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { SecondaryNotice } from "@wardline/uikit/components/SecondaryNotice.tsx";
import { useTranslation } from "react-i18next";
import { ToneBadge } from "../../components/Badges.tsx";
import { LongList } from "../../components/LongList.tsx";
import { useFilters } from "../../components/useFilters.ts";
import { useLive } from "../../live/LiveProvider.tsx";
import { Page } from "../../shell/Page.tsx";
import { AlertDrawer } from "./AlertDrawer.tsx";
import { AlertTable } from "./AlertTable.tsx";
import { useAlerts } from "./calls.ts";
import { boardOrder } from "./order.ts";

export function BoardPage() {
  const { t } = useTranslation("board");
  const live = useLive();
  const [{ state, alert }, change] = useFilters(["state", "alert"]);
  const which = state === "all" ? "all" : "running";
  const query = useAlerts(which);
  return (
    <Page title={t("title")}>
      <SecondaryNotice />
      <Group justify="space-between">
        <SegmentedControl
          aria-label={t("which")}
          value={which}
          onChange={(next) => change({ state: next === "all" ? "all" : "" })}
          data={[
            { value: "running", label: t("running") },
            { value: "all", label: t("allAlerts") },
          ]}
        />
        <span data-testid="live" data-live={live}>
          <ToneBadge tone={live ? "good" : "warn"} label={t(live ? "live" : "polling")} />
        </span>
      </Group>
      <LongList
        query={query}
        empty={
          <EmptyState icon={IconBellRinging} title={t("empty.title")} hint={t("empty.hint")} />
        }
      >
        {(rows) => (
          <AlertTable alerts={boardOrder(rows)} onOpen={(id) => change({ alert: id })} />
        )}
      </LongList>
      <AlertDrawer id={alert} onClose={() => change({ alert: "" })} />
    </Page>
  );
}
