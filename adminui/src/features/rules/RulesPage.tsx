import { Button, Stack } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Rule, RuleList } from "../../api/alerting.ts";
import { QueryView } from "../../components/QueryView.tsx";
import { Page } from "../../shell/Page.tsx";
import { useChoices, useRules } from "./calls.ts";
import { RuleDrawer } from "./RuleDrawer.tsx";
import { newRule } from "./ruleList.ts";
import { RuleTable } from "./RuleTable.tsx";
import { SaveBar } from "./SaveBar.tsx";
import { TryPanel } from "./TryPanel.tsx";
import { useDraft } from "./useDraft.ts";

function Editor({ stored }: { stored: RuleList }) {
  const { t } = useTranslation("rules");
  const draft = useDraft(stored);
  const choices = useChoices();
  const [edited, setEdited] = useState<Rule | null>(null);
  return (
    <Page
      title={t("title")}
      intro={t("intro")}
      actions={
        <Button
          leftSection={<IconPlus size={18} aria-hidden="true" />}
          onClick={() => setEdited(newRule())}
          data-testid="rule-new"
        >
          {t("create")}
        </Button>
      }
    >
      <Stack>
        <SaveBar draft={draft} stored={stored} />
        <RuleTable
          rules={draft.items}
          choices={choices}
          dispatch={draft.dispatch}
          onEdit={setEdited}
        />
        <TryPanel rules={draft.items} choices={choices} unsaved={draft.dirty} />
      </Stack>
      <RuleDrawer
        rule={edited}
        choices={choices}
        onClose={() => setEdited(null)}
        onDone={(rule) => {
          draft.dispatch({ type: "put", rule });
          setEdited(null);
        }}
      />
    </Page>
  );
}

export function RulesPage() {
  const { t } = useTranslation("rules");
  const query = useRules();
  if (query.data) return <Editor stored={query.data} />;
  return (
    <Page title={t("title")}>
      <QueryView query={query}>{() => null}</QueryView>
    </Page>
  );
}
