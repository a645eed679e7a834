import { Group, Stack, Text } from "@mantine/core";
import { IconChecks, IconChevronRight } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Overview } from "../../api/alerting.ts";
import { Panel } from "../../components/Panel.tsx";
import { todoLink } from "./todoLink.ts";
import classes from "./Todos.module.css";

function TodoLine({ todo }: { todo: Overview["todos"][number] }) {
  const { t } = useTranslation("overview");
  const place = todoLink(todo.kind, todo.ref);
  return (
    <Link
      to={place.to}
      params={() => place.params}
      search={() => place.search}
      className={classes["line"] ?? ""}
      data-testid="todo"
      data-kind={todo.kind}
    >
      <span className={classes["count"]}>{todo.count}</span>
      <span>
        <Text component="span" fw={600} display="block">
          {t(`todo.${todo.kind}.title`, { count: todo.count })}
        </Text>
        <Text component="span" size="sm" c="dimmed">
          {t(`todo.${todo.kind}.hint`)}
        </Text>
      </span>
      <IconChevronRight size={18} aria-hidden="true" />
    </Link>
  );
}

/** Todos is what waits for an administrator; each line leads to where it is done. */
export function Todos({ todos }: { todos: Overview["todos"] }) {
  const { t } = useTranslation("overview");
  const open = todos.filter((todo) => todo.count > 0);
  return (
    <Panel title={t("todos")}>
      {open.length === 0 ? (
        <Group gap="xs" data-testid="todos-none">
          <IconChecks size={20} aria-hidden="true" />
          <Text>{t("todosNone")}</Text>
        </Group>
      ) : (
        <Stack gap={4}>
          {open.map((todo) => (
            <TodoLine key={todo.kind + (todo.ref ?? "")} todo={todo} />
          ))}
        </Stack>
      )}
    </Panel>
  );
}
