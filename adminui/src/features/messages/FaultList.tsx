import { Button, Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { FaultCount } from "../../api/systems.ts";
import { Panel } from "../../components/Panel.tsx";
import { useFaults, type MessageFilters } from "./calls.ts";

interface Props {
  chosen: string;
  change: (next: Partial<MessageFilters>) => void;
}

/** FaultList groups the errors of the kept 30 days; each sets the filter that shows its messages. */
export function FaultList({ chosen, change }: Props) {
  const { t } = useTranslation("messages");
  const { data } = useFaults();
  const items: FaultCount[] = data?.items ?? [];
  if (items.length === 0) return null;
  const pick = ({ name, connector }: FaultCount): void =>
    change(
      chosen === name
        ? { fault: "", status: "", connector: "" }
        : { fault: name, status: "error", connector: connector.id },
    );
  return (
    <Panel title={t("faults")}>
      <Group gap="xs">
        {items.map((item) => (
          <Button
            key={item.name + item.connector.id}
            size="sm"
            variant={chosen === item.name ? "filled" : "default"}
            aria-pressed={chosen === item.name}
            onClick={() => pick(item)}
            data-testid="fault"
            data-fault={item.name}
          >
            {t(`fault.${item.name}`, { defaultValue: item.name })}
            <Text component="span" size="sm" ml={6} className="wl-tabular">
              {item.count}
            </Text>
          </Button>
        ))}
      </Group>
    </Panel>
  );
}
