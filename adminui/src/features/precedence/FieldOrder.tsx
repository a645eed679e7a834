import { ActionIcon, Group, Select, Text, VisuallyHidden } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useFieldName } from "../persons/useFieldName.ts";
import type { Source } from "./calls.ts";
import classes from "./FieldOrder.module.css";
import { asKept, asRead, handDecides, mayLeave, moved } from "./order.ts";

interface Props {
  field: string;
  order: readonly string[];
  sources: readonly Source[];
  /** Id of the hand. */
  hand: string;
  onChange: (order: string[]) => void;
}

interface StepProps {
  by: -1 | 1;
  label: string;
  /** There is nowhere to go. The button stays reachable, so that a keyboard does not lose its place. */
  stuck: boolean;
  onStep: () => void;
}

function Step({ by, label, stuck, onStep }: StepProps) {
  const Arrow = by < 0 ? IconArrowUp : IconArrowDown;
  return (
    <ActionIcon
      size={32}
      aria-disabled={stuck}
      data-disabled={stuck}
      aria-label={label}
      onClick={() => !stuck && onStep()}
      data-testid={by < 0 ? "precedence-up" : "precedence-down"}
    >
      <Arrow size={18} />
    </ActionIcon>
  );
}

/** FieldOrder is whose word counts for one field, moved by buttons that a keyboard reaches. */
export function FieldOrder({ field, order, sources, hand, onChange }: Props) {
  const { t } = useTranslation("precedence");
  const { fieldName } = useFieldName();
  const [told, setTold] = useState("");
  const name = field === "status" || field === "unit" ? t(`field.${field}`) : fieldName(field);
  const nameOf = (id: string): string =>
    id === hand ? t("hand") : (sources.find((source) => source.id === id)?.name ?? t("unlisted"));
  const read = asRead(field, order, hand);
  const free = sources.filter(({ id }) => !read.includes(id));
  if (mayLeave(field, hand, hand) && !read.includes(hand)) free.push({ id: hand, name: t("hand") });
  const change = (next: readonly string[]): void => onChange(asKept(field, next, hand));
  const step = (at: number, by: -1 | 1): void => {
    change(moved(read, at, by));
    setTold(t("place", { source: nameOf(read[at] ?? ""), place: at + by + 1, count: read.length }));
  };
  return (
    <div className={classes["field"]} data-testid="precedence-field" data-field={field}>
      <Text fw={600}>{name}</Text>
      {read.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t(field === "status" || field === "unit" ? `none.${field}` : "none.value")}
        </Text>
      ) : (
        <div>
          <ol className={classes["order"]}>
            {read.map((id, at) => (
              <li key={id} data-source={id === hand ? "hand" : id}>
                <Group gap={2} wrap="nowrap">
                  <span className={classes["name"]}>{nameOf(id)}</span>
                  <Step
                    by={-1}
                    label={t("up", { source: nameOf(id), field: name })}
                    stuck={at === 0}
                    onStep={() => step(at, -1)}
                  />
                  <Step
                    by={1}
                    label={t("down", { source: nameOf(id), field: name })}
                    stuck={at === read.length - 1}
                    onStep={() => step(at, 1)}
                  />
                  {mayLeave(field, id, hand) && (
                    <ActionIcon
                      size={32}
                      aria-label={t("remove", { source: nameOf(id), field: name })}
                      onClick={() => change(read.filter((other) => other !== id))}
                    >
                      <IconX size={18} />
                    </ActionIcon>
                  )}
                </Group>
              </li>
            ))}
          </ol>
          {handDecides(field, read, hand) && (
            <Text size="sm" mt={4} data-testid="precedence-hand-decides">
              {t("handDecides")}
            </Text>
          )}
        </div>
      )}
      {free.length > 0 && (
        <Select
          size="sm"
          aria-label={t("add", { field: name })}
          placeholder={t("addShort")}
          data={free.map(({ id, name: label }) => ({ value: id, label }))}
          value={null}
          onChange={(id) => id && change([...read, id])}
          data-testid="precedence-add"
        />
      )}
      <VisuallyHidden role="status">{told}</VisuallyHidden>
    </div>
  );
}
