import { Button, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useTranslation } from "react-i18next";
import type { PlanDetail } from "../../api/directory.ts";
import type { Undone } from "../../api/staff.ts";
import { undoPlan } from "../plans/calls.ts";

const stays = 30_000;

/**
 * useTellDone says that a bulk is done and offers to take it back. Notifications live
 * outside the page's providers, so that what is in them comes along ready made.
 */
export function useTellDone(): (plan: PlanDetail) => void {
  const { t } = useTranslation("persons");
  const undone = ({ undone: count, skipped }: Undone): string =>
    [
      t("bulk.undone", { count }),
      skipped.length > 0 &&
        t("bulk.skipped", { count: skipped.length, names: skipped.map(({ name }) => name).join(", ") }),
    ]
      .filter(Boolean)
      .join(" ");
  return (plan) => {
    const id = `bulk-${plan.id}`;
    const undo = (): void => {
      notifications.update({ id, message: t("bulk.undoing"), loading: true, autoClose: false });
      undoPlan(plan.id).then(
        (result) => notifications.update({ id, message: undone(result), loading: false, autoClose: stays }),
        () => notifications.update({ id, message: t("bulk.undoFailed"), color: "red", loading: false, autoClose: false }),
      );
    };
    notifications.show({
      id,
      autoClose: stays,
      message: (
        <Stack gap={6} align="flex-start">
          <Text size="sm">{t("bulk.done", { count: plan.actions.length })}</Text>
          <Button size="compact-sm" variant="light" onClick={undo} data-testid="bulk-undo">
            {t("bulk.undo")}
          </Button>
        </Stack>
      ),
    });
  };
}
