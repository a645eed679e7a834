import { Button, Group, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useConnectorChoices, type MessageFilters } from "./calls.ts";
import classes from "./FilterBar.module.css";

interface Props {
  filters: MessageFilters;
  change: (next: Partial<MessageFilters>) => void;
}

const nothing = { connector: "", type: "", control_id: "", status: "", fault: "", from: "", to: "" };

/** Typed filters follow the typing at a distance, so that not each letter is a search. */
function useTyped(value: string, apply: (value: string) => void) {
  const [typed, setTyped] = useState(value);
  const later = useDebouncedCallback(apply, 300);
  return {
    clear: () => setTyped(""),
    value: typed,
    onChange: (change: { currentTarget: { value: string } }) => {
      setTyped(change.currentTarget.value);
      later(change.currentTarget.value.trim());
    },
  };
}

export function FilterBar({ filters, change }: Props) {
  const { t } = useTranslation("messages");
  const connectors = useConnectorChoices();
  const { clear: clearType, ...type } = useTyped(filters.type, (value) => change({ type: value }));
  const { clear: clearControl, ...control } = useTyped(filters.control_id, (value) => change({ control_id: value }));
  const reset = (): void => {
    clearType();
    clearControl();
    change(nothing);
  };
  const clearable = { clearable: true, clearButtonProps: { "aria-label": t("clear") } };
  const time = (name: "from" | "to") => (
    <TextInput
      type="datetime-local"
      label={t(name)}
      value={filters[name]}
      onChange={(event) => change({ [name]: event.currentTarget.value })}
    />
  );
  return (
    <div className={classes["bar"]} role="search">
      <Select
        label={t("connector")}
        data={connectors}
        value={filters.connector || null}
        placeholder={t("all")}
        onChange={(value) => change({ connector: value ?? "" })}
        {...clearable}
      />
      <Select
        label={t("statusTitle")}
        data={["applied", "error", "held", "duplicate"].map((value) => ({ value, label: t(`status.${value}`) }))}
        value={filters.status || null}
        placeholder={t("all")}
        onChange={(value) => change({ status: value ?? "" })}
        data-testid="filter-status"
        {...clearable}
      />
      <TextInput label={t("type")} placeholder="MFN^M02" {...type} />
      <TextInput label={t("controlId")} data-testid="filter-control" {...control} />
      {time("from")}
      {time("to")}
      <Group align="flex-end">
        <Button variant="default" px="sm" onClick={reset}>
          {t("reset")}
        </Button>
      </Group>
    </div>
  );
}
