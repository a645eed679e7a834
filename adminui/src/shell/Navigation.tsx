import { NavLink, ScrollArea, Text } from "@mantine/core";
import { Link, useLocation } from "@tanstack/react-router";
import { useMe } from "@wardline/uikit/session/SessionProvider.tsx";
import { useTranslation } from "react-i18next";
import { mayUse, navigation } from "./navigation.ts";

function isAt(pathname: string, to: string): boolean {
  return to === "/" ? pathname === "/" : pathname === to || pathname.startsWith(`${to}/`);
}

/** Navigation is the left tree; onPick closes it on a narrow screen. */
export function Navigation({ onPick }: { onPick: () => void }) {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const { roles } = useMe();
  const shown = navigation
    .map(({ name, items }) => ({ name, items: items.filter((item) => mayUse(item, roles)) }))
    .filter(({ items }) => items.length > 0);
  return (
    <ScrollArea h="100%" type="auto">
      {shown.map((group) => (
        <div key={group.name}>
          <Text size="xs" fw={600} c="dimmed" px="sm" pt="md" pb={4}>
            {t(`navigation.group.${group.name}`)}
          </Text>
          {group.items.map(({ to, name, icon: Symbol }) => (
            <NavLink
              key={to}
              component={Link}
              to={to}
              active={isAt(pathname, to)}
              aria-current={isAt(pathname, to) ? "page" : undefined}
              label={t(`navigation.${name}`)}
              leftSection={<Symbol size={20} stroke={1.7} />}
              onClick={onPick}
              style={{ borderRadius: "var(--mantine-radius-md)" }}
            />
          ))}
        </div>
      ))}
    </ScrollArea>
  );
}
