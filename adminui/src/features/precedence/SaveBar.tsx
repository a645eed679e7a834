import { Alert, Button, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { ApiError } from "@wardline/uikit/api/problem.ts";
import { useTranslation } from "react-i18next";
import type { Rules, RulesForm } from "../../api/staff.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { needsStepUp, StepUp } from "../../components/StepUp.tsx";
import { most } from "./Brake.tsx";
import { usePreviewRules, useSavePrecedence } from "./calls.ts";
import { wrongLimit } from "./order.ts";
import { ShownDiffs } from "./ShownDiffs.tsx";

interface Props {
  form: RulesForm;
  base: Rules;
  stored: Rules;
  dirty: boolean;
  onReset: (rules: Rules) => void;
}

function valid(form: RulesForm): boolean {
  return (Object.keys(most) as (keyof typeof most)[]).every((name) => wrongLimit(form[name], most[name]) === "");
}

/** SaveBar is there while the rules differ from those in force: preview, save, discard. */
export function SaveBar({ form, base, stored, dirty, onReset }: Props) {
  const { t } = useTranslation("precedence");
  const queries = useQueryClient();
  const preview = usePreviewRules();
  const save = useSavePrecedence();
  if (!dirty) return null;
  const stale =
    stored.revision !== base.revision || (save.error instanceof ApiError && save.error.status === 412);
  const run = (): void =>
    save.mutate(
      { form, revision: base.revision },
      {
        onSuccess: (saved) => {
          preview.reset();
          onReset(saved);
          notifications.show({ message: t("saved") });
        },
        onError: () => void queries.invalidateQueries({ queryKey: ["precedence"] }),
      },
    );
  const discard = (): void => {
    save.reset();
    preview.reset();
    onReset(stored);
  };
  return (
    <Alert color={stale ? "red" : "orange"} variant="light" role="status" data-testid="precedence-unsaved">
      <Text c="var(--mantine-color-text)" mb="xs">
        {t(stale ? "conflict" : "unsaved")}
      </Text>
      {!stale && !needsStepUp(save.error) && <ActionError error={save.error ?? preview.error} />}
      <StepUp error={stale ? null : save.error} again={run} onCancel={save.reset} />
      <Group my="xs">
        {!stale && (
          <>
            <Button
              variant="default"
              disabled={!valid(form)}
              loading={preview.isPending}
              onClick={() => preview.mutate(form)}
              data-testid="precedence-preview"
            >
              {t("preview.button")}
            </Button>
            <Button disabled={!valid(form)} loading={save.isPending} onClick={run} data-testid="precedence-save">
              {t("save")}
            </Button>
          </>
        )}
        <Button variant="default" onClick={discard} data-testid="precedence-discard">
          {t(stale ? "loadNewer" : "discard")}
        </Button>
      </Group>
      {/* A preview of rules that were changed since would be of others. */}
      {!stale && preview.data && preview.variables === form && <ShownDiffs preview={preview.data} />}
    </Alert>
  );
}
