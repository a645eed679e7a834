import { Alert, Button, Group, List, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { ApiError } from "@wardline/uikit/api/problem.ts";
import { useTranslation } from "react-i18next";
import type { RuleList } from "../../api/alerting.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { useSaveRules } from "./calls.ts";
import { refusals } from "./refusals.ts";
import type { Draft } from "./useDraft.ts";

/** SaveBar is there while the list differs from what routes calls now. */
export function SaveBar({ draft, stored }: { draft: Draft; stored: RuleList }) {
  const { t } = useTranslation("rules");
  const queries = useQueryClient();
  const save = useSaveRules();
  if (!draft.dirty) return null;
  const stale =
    stored.revision !== draft.revision || (save.error instanceof ApiError && save.error.status === 412);
  const submit = (): void =>
    save.mutate(
      { items: draft.items, revision: draft.revision },
      {
        onSuccess: (list) => {
          draft.reset(list);
          notifications.show({ message: t("saved") });
        },
        onError: () => void queries.invalidateQueries({ queryKey: ["rules"] }),
      },
    );
  const discard = (): void => {
    save.reset();
    draft.reset(stored);
  };
  const refused = refusals(save.error, draft.items);
  return (
    <Alert color={stale ? "red" : "orange"} variant="light" role="status" data-testid="rules-unsaved">
      <Text c="var(--mantine-color-text)" mb="xs">
        {t(stale ? "conflict" : "unsaved")}
      </Text>
      {refused.length > 0 && (
        <List size="sm" mb="xs">
          {refused.map(({ name, where, message }) => (
            <List.Item key={name + where}>{[name, where, message].filter(Boolean).join(": ")}</List.Item>
          ))}
        </List>
      )}
      {!stale && <ActionError error={save.error} codes={{ catch_all: t("wrong.catchAll") }} />}
      <Group mt="xs">
        {!stale && (
          <Button onClick={submit} loading={save.isPending} data-testid="rules-save">
            {t("save")}
          </Button>
        )}
        <Button variant="default" onClick={discard} data-testid="rules-discard">
          {t(stale ? "loadNewer" : "discard")}
        </Button>
      </Group>
    </Alert>
  );
}
