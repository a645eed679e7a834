import { Avatar, Group, List, SimpleGrid, Stack, Text } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { Time } from "@wardline/uikit/components/Time.tsx";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { PersonDetail } from "../../api/directory.ts";
import { ToneBadge } from "../../components/Badges.tsx";
import { Panel } from "../../components/Panel.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { Page } from "../../shell/Page.tsx";
import { AccessPanel } from "../access/AccessPanel.tsx";
import { AccountPanel } from "./AccountPanel.tsx";
import { fullName } from "./accountState.ts";
import { usePerson } from "./calls.ts";
import { ErasePanel } from "./ErasePanel.tsx";
import { GroupsPanel } from "./GroupsPanel.tsx";
import { History } from "./History.tsx";
import { initials } from "./names.ts";
import { SourcesPanel } from "./SourcesPanel.tsx";
import { UnitsPanel } from "./UnitsPanel.tsx";
import { Values } from "./Values.tsx";

function Words({ title, none, items }: { title: string; none: string; items: { key: string; text: ReactNode }[] }) {
  return (
    <Panel title={title}>
      {items.length === 0 ? (
        <Text size="sm">{none}</Text>
      ) : (
        <List size="sm">
          {items.map(({ key, text }) => (
            <List.Item key={key}>{text}</List.Item>
          ))}
        </List>
      )}
    </Panel>
  );
}

function Lists({ person }: { person: PersonDetail }) {
  const { t } = useTranslation("persons");
  const devices = person.devices.map(({ id, name, last_seen: seen }) => ({
    key: id,
    text: (
      <>
        {name}{" "}
        <Text span size="sm" c="dimmed">
          {seen ? <Time at={seen} /> : t("never")}
        </Text>
      </>
    ),
  }));
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <UnitsPanel person={person} />
      <GroupsPanel person={person} />
      <SourcesPanel sources={person.sources ?? []} />
      <Words title={t("duty")} none={t("noDuty")} items={person.duty.map((name) => ({ key: name, text: name }))} />
      <Words title={t("devices")} none={t("noDevices")} items={devices} />
    </SimpleGrid>
  );
}

function Head({ person }: { person: PersonDetail }) {
  const { t } = useTranslation("persons");
  const hasPhoto = (person.sources ?? []).some(({ photo }) => photo);
  return (
    <Group gap="sm">
      <Avatar
        size={64}
        radius="xl"
        color="ward"
        src={hasPhoto ? `/api/v1/persons/${person.id}/photo` : null}
        alt={t("photoOf", { name: person.name })}
      >
        {initials(person)}
      </Avatar>
      <ToneBadge tone={person.active ? "good" : "idle"} label={t(person.active ? "working" : "left")} />
      <Text size="sm">{t("numberOf", { number: person.staff_number || "–" })}</Text>
    </Group>
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
            <Head person={person} />
            <AccountPanel person={person} />
            {person.account && <AccessPanel account={person.account.id} />}
            <Values person={person} />
            <Lists person={person} />
            <History history={person.history} />
            <ErasePanel person={person} />
          </Stack>
        )}
      </QueryView>
    </Page>
  );
}
