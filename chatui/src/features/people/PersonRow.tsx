import { Text, UnstyledButton } from "@mantine/core";
import { IconCircle, IconCircleCheckFilled } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Person } from "../../chat/model.ts";
import { Avatar } from "../chat/Avatar.tsx";
import classes from "./People.module.css";

/** aboutPerson: function and wards, as the directory has them. */
export function aboutPerson({ title, units }: Person): string {
  return [title, ...units].filter(Boolean).join(" · ");
}

interface Props {
  person: Person;
  /** undefined: a tap opens; otherwise it chooses. */
  chosen?: boolean;
  busy?: boolean;
  /** Why this person cannot be chosen. */
  barred?: string | undefined;
  onPick: () => void;
}

/** PersonRow is somebody of the directory. The recorder is shown as what it is and cannot be chosen. */
export function PersonRow({ person, chosen, busy = false, barred, onPick }: Props) {
  const { t } = useTranslation("people");
  const { recorder } = person;
  const hint = barred ?? (recorder ? t("recorderHint") : person.devices === 0 ? t("noDevice") : "");
  return (
    <UnstyledButton
      className={classes["person"] ?? ""}
      disabled={recorder || busy || barred !== undefined}
      onClick={onPick}
      {...(chosen === undefined ? {} : { role: "checkbox", "aria-checked": chosen })}
      data-testid="person-row"
      data-user={person.id}
      data-recorder={recorder || undefined}
    >
      <Avatar id={person.id} name={person.name} />
      <span className={classes["words"]}>
        <Text component="span" fw={650} truncate>
          {recorder ? t("recorder") : person.name}
        </Text>
        <Text component="span" size="sm" c="dimmed" truncate>
          {aboutPerson(person)}
        </Text>
        {hint !== "" && (
          <Text component="span" size="sm" c="dimmed" fs="italic">
            {hint}
          </Text>
        )}
      </span>
      {chosen !== undefined && !recorder && barred === undefined && (
        chosen ? <IconCircleCheckFilled size={26} color="var(--wl-accent)" aria-hidden="true" /> : <IconCircle size={26} color="var(--mantine-color-dimmed)" aria-hidden="true" />
      )}
    </UnstyledButton>
  );
}
