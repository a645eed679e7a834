import { Text, UnstyledButton } from "@mantine/core";
import { Link, useLocation } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { isAt, navigation } from "./navigation.ts";
import classes from "./NavigationBar.module.css";

/** NavigationBar is one row on a phone and one column beside the page elsewhere. */
export function NavigationBar() {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  return (
    <nav className={classes["bar"]} aria-label={t("navigation.label")}>
      {navigation.map(({ to, name, icon: Symbol }) => (
        <UnstyledButton
          key={to}
          component={Link}
          to={to}
          className={classes["item"]}
          aria-current={isAt(pathname, to) ? "page" : undefined}
        >
          <Symbol size={24} stroke={1.7} aria-hidden="true" />
          <Text component="span" size="xs" fw={500}>
            {t(`navigation.${name}`)}
          </Text>
        </UnstyledButton>
      ))}
    </nav>
  );
}
