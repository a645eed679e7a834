import { Group, Stack, Text } from "@mantine/core";
import { IconCircleCheck, IconCircleX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Check } from "../../api/systems.ts";
import { Panel } from "../../components/Panel.tsx";
import { hubText } from "./hubText.ts";

/** CheckList shows step by step how far a test connection came. */
export function CheckList({ checks }: { checks: Check[] }) {
  const { t } = useTranslation("connectors");
  const good = checks.every((check) => check.ok);
  return (
    <Panel title={t(good ? "test.good" : "test.bad")}>
      <Stack gap="xs" role="status" data-testid="test-result" data-ok={good}>
        {checks.length === 0 && <Text>{t("test.none")}</Text>}
        {checks.map((check) => (
          <Group key={check.name} gap="xs" wrap="nowrap" align="flex-start" data-check={check.name} data-ok={check.ok}>
            {check.ok ? (
              <IconCircleCheck size={20} color="var(--wl-priority-normal)" aria-label={t("test.ok")} />
            ) : (
              <IconCircleX size={20} color="var(--wl-priority-emergency)" aria-label={t("test.failed")} />
            )}
            <div>
              <Text fw={600}>{t(`check.${check.name}`, { defaultValue: check.name })}</Text>
              {check.detail && <Text size="sm">{hubText(check.detail, t)}</Text>}
            </div>
          </Group>
        ))}
      </Stack>
    </Panel>
  );
}
