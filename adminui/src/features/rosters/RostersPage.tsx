import { Button, Group, Text, TextInput } from "@mantine/core";
import { IconCalendarUser, IconUpload } from "@tabler/icons-react";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { QueryView } from "../../components/QueryView.tsx";
import { useFilters } from "../../components/useFilters.ts";
import { Page } from "../../shell/Page.tsx";
import { useShifts } from "./calls.ts";
import { coming, windowOf } from "./period.ts";
import { RosterDrawer } from "./RosterDrawer.tsx";
import { ShiftTable } from "./ShiftTable.tsx";

function Shifts({ window }: { window: ReturnType<typeof windowOf> }) {
  const { t } = useTranslation("rosters");
  const query = useShifts(window);
  if (!window) return <Text role="alert">{t("window")}</Text>;
  return (
    <QueryView query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <div className="wl-surface">
            <EmptyState icon={IconCalendarUser} title={t("empty.title")} hint={t("empty.hint")} />
          </div>
        ) : (
          <ShiftTable label={t("title")} shifts={items} />
        )
      }
    </QueryView>
  );
}

/** RostersPage is who is planned for which duty, and takes new rosters. */
export function RostersPage() {
  const { t } = useTranslation("rosters");
  const [filters, change] = useFilters(["from", "until"]);
  const [start] = useState(() => coming(new Date()));
  const [importing, setImporting] = useState(false);
  const from = filters.from || start.from;
  const until = filters.until || start.until;
  const date = (name: "from" | "until", value: string) => (
    <TextInput
      type="date"
      label={t(name)}
      value={value}
      onChange={(picked) => change({ [name]: picked.currentTarget.value })}
    />
  );
  return (
    <Page
      title={t("title")}
      intro={t("intro")}
      actions={
        <Button leftSection={<IconUpload size={18} aria-hidden="true" />} onClick={() => setImporting(true)} data-testid="roster-import">
          {t("import")}
        </Button>
      }
    >
      <Group role="search">
        {date("from", from)}
        {date("until", until)}
      </Group>
      <Shifts window={windowOf(from, until)} />
      <RosterDrawer opened={importing} onClose={() => setImporting(false)} />
    </Page>
  );
}
