import { Stack, Text } from "@mantine/core";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { QueryView } from "../../components/QueryView.tsx";
import { NotFound } from "../../shell/NotFound.tsx";
import { Page } from "../../shell/Page.tsx";
import { useGroup } from "./calls.ts";
import { DeleteGroup } from "./DeleteGroup.tsx";
import { draftOf, newDraft } from "./draft.ts";
import { GroupEditor } from "./GroupEditor.tsx";
import { Members } from "./Members.tsx";

function NewGroup() {
  const { t } = useTranslation("groups");
  const navigate = useNavigate();
  return (
    <Page title={t("create")} back="/groups">
      <GroupEditor start={newDraft} onSaved={({ id }) => void navigate({ to: "/groups/$id", params: { id } })} />
    </Page>
  );
}

function OneGroup({ id }: { id: string }) {
  const { t } = useTranslation("groups");
  const { group, ...query } = useGroup(id);
  return (
    <Page title={group?.name ?? t("one")} back="/groups">
      <QueryView query={query}>
        {() =>
          group ? (
            <Stack data-testid="group" data-group-name={group.name}>
              {group.kind === "source" && <Text size="sm">{t("ofSource", { source: group.source?.name ?? "" })}</Text>}
              {/* A newer revision is another form: nobody saves over what they have not seen. */}
              <GroupEditor key={group.revision} start={draftOf(group)} onSaved={() => undefined} />
              <Members group={group} />
              <DeleteGroup group={group} />
            </Stack>
          ) : (
            <NotFound />
          )
        }
      </QueryView>
    </Page>
  );
}

export function GroupPage() {
  const { id = "" } = useParams({ strict: false });
  return id === "new" ? <NewGroup /> : <OneGroup key={id} id={id} />;
}
