import { Text, VisuallyHidden } from "@mantine/core";
import { IconCircleCheckFilled, IconPlugConnectedX, IconRefresh } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import classes from "./ConnectionBanner.module.css";
import { useConnection } from "./useConnection.ts";

const looks = {
  live: { icon: IconCircleCheckFilled, color: "var(--wl-accent)" },
  opening: { icon: IconRefresh, color: "var(--mantine-color-dimmed)" },
  lost: { icon: IconPlugConnectedX, color: "var(--mantine-color-error)" },
  replaced: { icon: IconPlugConnectedX, color: "var(--mantine-color-error)" },
} as const;

/** ConnectionMark is always in the header; its word is there for screen readers on a phone as well. */
export function ConnectionMark() {
  const { t } = useTranslation("connection");
  const { state } = useConnection();
  const { icon: Symbol, color } = looks[state];
  return (
    <span className={classes["mark"]} style={{ color }} role="status" data-testid="connection-state" data-state={state}>
      <Symbol size={20} aria-hidden="true" />
      <Text component="span" size="sm" visibleFrom="sm">
        {t(`state.${state}`)}
      </Text>
      <VisuallyHidden hiddenFrom="sm">{t(`state.${state}`)}</VisuallyHidden>
    </span>
  );
}
