import { Group, List, SimpleGrid, Stack, Text } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { Time } from "@wardline/uikit/components/Time.tsx";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { PersonDetail } from "../../api/directory.ts";
import { ToneBadge } from "../../components/Badges.tsx";
import { Panel } from "../../components/Panel.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { Page } from "../../shell/Page.tsx";
import { AccountPanel } from "./AccountPanel.tsx";
import { fullName } from "./accountState.ts";
import { usePerson } from "./calls.ts";
import { History } from "./History.tsx";
import { Values } from "./Values.tsx";

function Lists({ person }: { person: PersonDetail }) {
  const { t } = useTranslation("persons");
  const list = (items: { key: string; text: ReactNode }[], none: string) =>
    items.length === 0 ? (
      <Text size="sm">{none}</Text>
    ) : (
      <List size="sm">
        {items.map(({ key, text }) => (
          <List.Item key={key}>{text}</List.Item>
        ))}
      </List>
    );
  return (
    <SimpleGrid cols={{ base: 1, md: 3 }}>
      <Panel title={t("units")}>
        {list(
          person.units.map(({ code, name }) => ({ key: code, text: `${name} (${code})` })),
          t("noUnits"),
        )}
      </Panel>
      <Panel title={t("duty")}>
        {list(
          person.duty.map((name) => ({ key: name, text: name })),
          t("noDuty"),
        )}
      </Panel>
      <Panel title={t("devices")}>
        {list(
          person.devices.map(({ id, name, last_seen: seen }) => ({
            key: id,
            text: (
              <>
                {name} <Text span size="sm" c="dimmed">{seen ? <Time at={seen} /> : t("never")}</Text>
              </>
            ),
          })),
          t("noDevices"),
        )}
      </Panel>
    </SimpleGrid>
  );
}

export function PersonPage() {
  const { t } = useTranslation("persons");
  const { id = "" } = useParams({ strict: false });
  const query = usePerson(id);
  return (
    <Page title={query.data ? fullName(query.data) : t("one")} back="/persons">
      <QueryView query={query}>
        {(person) => (
          <Stack>
            <Group gap="sm">
              <ToneBadge tone={person.active ? "good" : "idle"} label={t(person.active ? "working" : "left")} />
              <Text size="sm">{t("numberOf", { number: person.staff_number || "–" })}</Text>
            </Group>
            <AccountPanel person={person} />
            <Lists person={person} />
            <Values values={person.values} />
            <History history={person.history} />
          </Stack>
        )}
      </QueryView>
    </Page>
  );
}
