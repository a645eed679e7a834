import { ActionIcon, Anchor, Badge, Group, Switch, Text, VisuallyHidden } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconTrash } from "@tabler/icons-react";
import { ConfirmModal } from "@wardline/uikit/components/ConfirmModal.tsx";
import { useEffect, useRef, useState, type Dispatch, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Rule } from "../../api/alerting.ts";
import { DataTable, type Column } from "../../components/DataTable.tsx";
import type { Choices } from "./calls.ts";
import { isPinned, type RuleAction } from "./ruleList.ts";
import { matchText, stepsText } from "./ruleText.ts";

interface Props {
  rules: readonly Rule[];
  choices: Choices;
  dispatch: Dispatch<RuleAction>;
  onEdit: (rule: Rule) => void;
}

/** useMove moves rules and keeps the focus on the button, which the browser drops with its row. */
function useMove(rules: readonly Rule[], dispatch: Dispatch<RuleAction>) {
  const focus = useRef("");
  useEffect(() => {
    if (focus.current) document.getElementById(focus.current)?.focus();
    focus.current = "";
  }, [rules]);
  return (id: string, by: -1 | 1, button: string): void => {
    focus.current = button;
    dispatch({ type: "move", id, by });
  };
}

function useColumns({ rules, choices, dispatch, onEdit }: Props, onRemove: (rule: Rule) => void): Column<Rule>[] {
  const { t } = useTranslation("rules");
  const move = useMove(rules, dispatch);
  const nameOf = (id: string): string =>
    choices.connectors.find(({ value }) => value === id)?.label ?? id;
  const arrow = (rule: Rule, by: -1 | 1) => {
    const index = rules.indexOf(rule);
    const other = rules[index + by];
    const button = `move-${by}-${rule.id}`;
    const Arrow = by < 0 ? IconArrowUp : IconArrowDown;
    const blocked = !other || isPinned(rules, rule.id) || isPinned(rules, other.id);
    const press = (pressed: KeyboardEvent): void => {
      const way = { ArrowUp: -1, ArrowDown: 1 }[pressed.key] as -1 | 1 | undefined;
      if (!way) return;
      pressed.preventDefault();
      move(rule.id, way, button);
    };
    return (
      <ActionIcon
        id={button}
        size={32}
        // Not "disabled": that would drop the focus at the top and bottom of the list.
        aria-disabled={blocked}
        {...(blocked ? { "data-disabled": true } : {})}
        aria-label={t(by < 0 ? "moveUp" : "moveDown", { name: rule.name })}
        onClick={() => move(rule.id, by, button)}
        onKeyDown={press}
        data-testid={by < 0 ? "rule-up" : "rule-down"}
      >
        <Arrow size={18} />
      </ActionIcon>
    );
  };
  return [
    {
      id: "position",
      header: t("position"),
      cell: (rule) => (
        <Group gap={2} wrap="nowrap">
          <Text component="span" size="sm" fw={600} miw={22} className="wl-tabular">
            {rules.indexOf(rule) + 1}
          </Text>
          {isPinned(rules, rule.id) ? <Badge color="gray" miw="max-content">{t("last")}</Badge> : [arrow(rule, -1), arrow(rule, 1)].map((button) => <span key={button.props.id}>{button}</span>)}
        </Group>
      ),
    },
    {
      id: "name",
      header: t("name"),
      cell: (rule) => (
        <Anchor component="button" type="button" ta="left" fw={600} inherit onClick={() => onEdit(rule)} data-testid="rule-edit">
          {rule.name}
        </Anchor>
      ),
    },
    { id: "when", header: t("when.title"), cell: (rule) => (rule.catch_all ? t("when.rest") : matchText(rule.match, nameOf, t)) },
    { id: "who", header: t("who"), cell: (rule) => stepsText(rule.policy.steps, t) },
    {
      id: "enabled",
      header: t("enabled"),
      cell: (rule) =>
        isPinned(rules, rule.id) ? (
          t("always")
        ) : (
          <Switch
            checked={rule.enabled}
            aria-label={t("enabledOf", { name: rule.name })}
            onChange={(change) => dispatch({ type: "enable", id: rule.id, enabled: change.currentTarget.checked })}
          />
        ),
    },
    {
      id: "remove",
      header: t("remove"),
      cell: (rule) =>
        isPinned(rules, rule.id) ? (
          <Text size="xs" c="dimmed">
            {t("cannotRemove")}
          </Text>
        ) : (
          <ActionIcon size={32} aria-label={t("removeOf", { name: rule.name })} onClick={() => onRemove(rule)} data-testid="rule-remove">
            <IconTrash size={18} />
          </ActionIcon>
        ),
    },
  ];
}

/** RuleTable is the order in which rules are tried; the first that matches takes the call. */
export function RuleTable(props: Props) {
  const { t } = useTranslation("rules");
  const [asked, setAsked] = useState<Rule | null>(null);
  const columns = useColumns(props, setAsked);
  return (
    <>
      <Text size="sm" c="dimmed">
        {t("keys")}
      </Text>
      <DataTable
        label={t("title")}
        columns={columns}
        rows={props.rules}
        rowKey={(rule) => rule.id}
        rowData={(rule) => ({
          "data-testid": "rule-row",
          "data-rule-id": rule.id,
          "data-rule-name": rule.name,
          "data-state": rule.enabled ? "on" : "off",
        })}
      />
      <VisuallyHidden role="status">{props.rules.map(({ name }) => name).join(", ")}</VisuallyHidden>
      <ConfirmModal
        opened={asked !== null}
        title={t("removeTitle", { name: asked?.name })}
        confirmLabel={t("remove")}
        onConfirm={() => {
          if (asked) props.dispatch({ type: "remove", id: asked.id });
          setAsked(null);
        }}
        onClose={() => setAsked(null)}
      >
        {t("removeText")}
      </ConfirmModal>
    </>
  );
}
