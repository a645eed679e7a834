import { Button, Drawer, Group, Stack, Text } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import type { PlanDetail } from "../../api/directory.ts";
import type { Bulk, BulkOp } from "../../api/staff.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { needsStepUp, StepUp } from "../../components/StepUp.tsx";
import { ActionTable } from "../plans/ActionTable.tsx";
import { total } from "../plans/planText.ts";
import { BulkFields } from "./BulkFields.tsx";
import { missing, type BulkInput } from "./bulkText.ts";
import { useBulk, useBulkTrial } from "./calls.ts";
import { useTellDone } from "./useTellDone.tsx";

interface FormProps {
  op: BulkOp;
  whom: Pick<Bulk, "persons" | "filter">;
  onClose: () => void;
  onDone: () => void;
}

function Preview({ plan }: { plan: PlanDetail }) {
  const { t } = useTranslation("persons");
  // A bulk's own locks are not among a plan's four numbers.
  const count = Math.max(total(plan.counts), plan.actions.length);
  return (
    <Stack gap="sm" data-testid="bulk-preview">
      <Text fw={600} role="status">
        {t("bulk.would", { count })}
      </Text>
      {plan.actions.length < count && (
        <Text size="sm" c="dimmed">
          {t("bulk.first", { count: plan.actions.length })}
        </Text>
      )}
      {plan.actions.length > 0 && <ActionTable actions={plan.actions} units={plan.units ?? []} />}
    </Stack>
  );
}

function BulkForm({ op, whom, onClose, onDone }: FormProps) {
  const { t } = useTranslation("persons");
  const [input, setInput] = useState<BulkInput>({});
  const trial = useBulkTrial();
  const apply = useBulk();
  const tell = useTellDone();
  const bulk: Bulk = { op, ...whom, ...input };
  const change = (next: BulkInput): void => {
    setInput(next);
    trial.reset();
    apply.reset();
  };
  const submit = (submitted: FormEvent): void => {
    submitted.preventDefault();
    trial.mutate(bulk);
  };
  const run = (): void =>
    apply.mutate(bulk, {
      onSuccess: (plan) => {
        onDone();
        onClose();
        tell(plan);
      },
    });
  const failed = trial.error ?? apply.error;
  const nothing = trial.data?.actions.length === 0;
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm">{t(`bulk.hint.${op}`)}</Text>
        <BulkFields op={op} input={input} onChange={change} />
        <Group>
          <Button
            type="submit"
            {...(trial.data ? { variant: "default" } : {})}
            disabled={missing(op, input)}
            loading={trial.isPending}
            data-testid="bulk-try"
          >
            {t("bulk.preview")}
          </Button>
        </Group>
        {trial.data && <Preview plan={trial.data} />}
        {!needsStepUp(failed) && <ActionError error={failed} codes={{ too_many: t("bulk.tooMany") }} />}
        <StepUp error={apply.error} again={run} onCancel={apply.reset} />
        {trial.data && (
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("cancel")}
            </Button>
            <Button
              onClick={run}
              disabled={nothing}
              loading={apply.isPending}
              {...(op === "lock" ? { color: "red.9" } : {})}
              data-testid="bulk-apply"
            >
              {t("bulk.apply")}
            </Button>
          </Group>
        )}
      </Stack>
    </form>
  );
}

interface Props extends Omit<FormProps, "op"> {
  /** null: closed. */
  op: BulkOp | null;
}

/** BulkDrawer asks for what a bulk needs, shows what it would do, and only then does it. */
export function BulkDrawer({ op, ...others }: Props) {
  const { t } = useTranslation("persons");
  return (
    <Drawer
      opened={op !== null}
      onClose={others.onClose}
      position="right"
      size="xl"
      title={op && t(`bulk.op.${op}`)}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      {op && <BulkForm key={op} op={op} {...others} />}
    </Drawer>
  );
}
