import { Text, VisuallyHidden } from "@mantine/core";
import { IconUserCheck, IconUserOff } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import classes from "./Duty.module.css";
import { useDuties } from "./dutyApi.ts";

/** DutyChip is in the header of every page: whether calls come to this person at all. */
export function DutyChip() {
  const { t } = useTranslation("duty");
  const { data } = useDuties();
  if (!data) return null;
  const [first, ...more] = data.roles.filter(({ mine }) => mine);
  const Symbol = first ? IconUserCheck : IconUserOff;
  const offers = data.toMe.length;
  const text = first ? t("on", { name: first.name }) : t("off");
  return (
    <Link
      to="/duty"
      className={classes["chip"] ?? ""}
      data-testid="duty-chip"
      data-on={first !== undefined}
    >
      <Symbol size={18} aria-hidden="true" />
      <Text component="span" size="sm" fw={600} truncate>
        {text}
        {more.length > 0 && ` +${more.length}`}
      </Text>
      {offers > 0 && (
        <span className={classes["offers"]}>
          {offers}
          <VisuallyHidden>{t("offers", { count: offers })}</VisuallyHidden>
        </span>
      )}
    </Link>
  );
}
