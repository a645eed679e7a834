import { Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Rules, RulesForm } from "../../api/staff.ts";
import { Panel } from "../../components/Panel.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { Page } from "../../shell/Page.tsx";
import { Brake } from "./Brake.tsx";
import { usePrecedence, useSources } from "./calls.ts";
import { FieldOrder } from "./FieldOrder.tsx";
import { ruled, sameForm, withOrder } from "./order.ts";
import { SaveBar } from "./SaveBar.tsx";

function formOf({ precedence, limit_percent, limit_accounts }: Rules): RulesForm {
  return { precedence, limit_percent, limit_accounts };
}

/** Editor keeps the revision the editing began with, whatever others save meanwhile. */
function Editor({ stored }: { stored: Rules }) {
  const { t } = useTranslation("precedence");
  const sources = useSources();
  const [kept, setKept] = useState({ base: stored, form: formOf(stored) });
  const dirty = !sameForm(kept.form, formOf(kept.base));
  // Rules nobody has touched here follow what others save.
  const { base, form } = dirty || stored.revision === kept.base.revision ? kept : { base: stored, form: formOf(stored) };
  const reset = (rules: Rules): void => setKept({ base: rules, form: formOf(rules) });
  const change = (part: Partial<RulesForm>): void => setKept({ base, form: { ...form, ...part } });
  return (
    <Stack>
      <SaveBar form={form} base={base} stored={stored} dirty={dirty} onReset={reset} />
      <Panel title={t("order.title")}>
        <Text size="sm" mb="xs">
          {t("order.hint")}
        </Text>
        <Text size="sm" mb="sm">
          {t("order.hand")}
        </Text>
        {sources.length === 0 && <Text size="sm">{t("order.none")}</Text>}
        {ruled.map((field) => (
          <FieldOrder
            key={field}
            field={field}
            order={form.precedence[field] ?? []}
            sources={sources}
            hand={base.hand}
            onChange={(order) => change({ precedence: withOrder(form.precedence, field, order) })}
          />
        ))}
      </Panel>
      <Brake form={form} onChange={change} />
    </Stack>
  );
}

export function PrecedencePage() {
  const { t } = useTranslation("precedence");
  const query = usePrecedence();
  return (
    <Page title={t("title")} intro={t("intro")}>
      <QueryView query={query}>{(stored) => <Editor stored={stored} />}</QueryView>
    </Page>
  );
}
