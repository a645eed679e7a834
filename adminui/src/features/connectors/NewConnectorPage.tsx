import { Button, SimpleGrid, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Kind } from "../../api/systems.ts";
import { Panel } from "../../components/Panel.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { useFilters } from "../../components/useFilters.ts";
import { Page } from "../../shell/Page.tsx";
import { useKinds } from "./calls.ts";
import { ConnectorEditor } from "./ConnectorEditor.tsx";

function KindChoice({ kinds, onPick }: { kinds: Kind[]; onPick: (name: string) => void }) {
  const { t } = useTranslation("connectors");
  return (
    <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
      {kinds.map(({ name }) => (
        <Panel key={name} title={t(`kind.${name}`, { defaultValue: name })}>
          <Text mb="sm">{t(`kindHint.${name}`, { defaultValue: "" })}</Text>
          <Button variant="default" onClick={() => onPick(name)} data-testid="kind-choice" data-kind={name}>
            {t("choose")}
          </Button>
        </Panel>
      ))}
    </SimpleGrid>
  );
}

/** NewConnectorPage asks for the kind first, because the form depends on it. */
export function NewConnectorPage() {
  const { t } = useTranslation("connectors");
  const navigate = useNavigate();
  const [{ kind: chosen }, change] = useFilters(["kind"]);
  const query = useKinds();
  return (
    <Page title={t("createTitle")} intro={t("createIntro")} back="/connectors">
      <QueryView query={query}>
        {({ items }) => {
          const kind = items.find(({ name }) => name === chosen);
          if (!kind) return <KindChoice kinds={items} onPick={(name) => change({ kind: name })} />;
          return (
            <ConnectorEditor
              key={kind.name}
              kind={kind}
              onSaved={({ id }) => void navigate({ to: "/connectors/$id", params: { id } })}
            />
          );
        }}
      </QueryView>
    </Page>
  );
}
