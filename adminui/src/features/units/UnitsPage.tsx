import { Button, Stack, Switch, Text } from "@mantine/core";
import { IconBuildingHospital, IconPlus } from "@tabler/icons-react";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Unit } from "../../api/directory.ts";
import { QueryView } from "../../components/QueryView.tsx";
import { useFilters } from "../../components/useFilters.ts";
import { Page } from "../../shell/Page.tsx";
import { useUnits } from "./calls.ts";
import { UnitDrawer, type Edited } from "./UnitDrawer.tsx";
import { onlyUncovered, treeOf } from "./tree.ts";
import { UnitNode } from "./UnitNode.tsx";
import classes from "./UnitNode.module.css";

interface TreeProps {
  units: Unit[];
  uncovered: boolean;
  onEdit: (unit: Unit) => void;
}

function Tree({ units, uncovered, onEdit }: TreeProps) {
  const { t } = useTranslation("units");
  const tree = treeOf(units);
  const shown = uncovered ? onlyUncovered(tree) : tree;
  if (units.length === 0) {
    return <EmptyState icon={IconBuildingHospital} title={t("empty.title")} hint={t("empty.hint")} />;
  }
  if (shown.length === 0) return <Text p="md">{t("allCovered")}</Text>;
  return (
    <ul className={classes["tree"]} aria-label={t("title")}>
      {shown.map((node) => (
        <UnitNode key={node.unit.id} node={node} onEdit={onEdit} />
      ))}
    </ul>
  );
}

export function UnitsPage() {
  const { t } = useTranslation("units");
  const [{ uncovered }, change] = useFilters(["uncovered"]);
  const [edited, setEdited] = useState<Edited | null>(null);
  const query = useUnits();
  const create = (
    <Button leftSection={<IconPlus size={18} aria-hidden="true" />} onClick={() => setEdited({ parent: "" })} data-testid="unit-new">
      {t("create")}
    </Button>
  );
  return (
    <Page title={t("title")} intro={t("intro")} actions={create}>
      <Stack>
        <Switch
          label={t("uncoveredOnly")}
          checked={uncovered === "1"}
          onChange={(event) => change({ uncovered: event.currentTarget.checked ? "1" : "" })}
          data-testid="uncovered-only"
        />
        <div className="wl-surface">
          <QueryView query={query}>
            {({ items }) => <Tree units={items} uncovered={uncovered === "1"} onEdit={(unit) => setEdited({ unit })} />}
          </QueryView>
        </div>
      </Stack>
      <UnitDrawer edited={edited} onClose={() => setEdited(null)} />
    </Page>
  );
}
