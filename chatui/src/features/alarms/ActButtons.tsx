import { Button } from "@mantine/core";
import { IconArrowBackUp, IconCheck, IconClockPause, IconDoorEnter, IconX, type Icon } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Act } from "../../store/schema.ts";
import classes from "./ActButtons.module.css";

interface Look {
  readonly icon: Icon;
  readonly variant: "filled" | "default";
  readonly color?: string;
  /** Key that does the same in the full-screen alarm. */
  readonly key?: string;
}

export const actLooks: Readonly<Record<Act, Look>> = {
  accept: { icon: IconCheck, variant: "filled", color: "#1d7433", key: "A" },
  reject: { icon: IconX, variant: "default", key: "R" },
  busy: { icon: IconClockPause, variant: "default", key: "B" },
  arrive: { icon: IconDoorEnter, variant: "filled", color: "ward.8" },
  hand_back: { icon: IconArrowBackUp, variant: "default" },
};

interface Props {
  acts: readonly Act[];
  onPress: (act: Act) => void;
  /** Shows the shortcut keys. */
  keys?: boolean;
  /** All in one row, where something else matters more. */
  compact?: boolean;
  disabled?: boolean;
}

/** ActButtons are at least 56 px high: they are hit with gloves, in a hurry, in the dark. */
export function ActButtons({ acts, onPress, keys = false, compact = false, disabled = false }: Props) {
  const { t } = useTranslation("alarms");
  return (
    <div className={classes["acts"]} data-compact={compact || undefined}>
      {acts.map((act) => {
        const { icon: Symbol, variant, color, key } = actLooks[act];
        return (
          <Button
            key={act}
            data-testid={`act-${act}`}
            className={classes[act] ?? ""}
            classNames={{ root: classes["act"] ?? "", label: classes["label"] ?? "" }}
            variant={variant}
            {...(color ? { color } : {})}
            leftSection={<Symbol size={22} aria-hidden="true" />}
            rightSection={keys && key ? <kbd className={classes["key"]}>{key}</kbd> : null}
            aria-keyshortcuts={keys && key ? key : undefined}
            disabled={disabled}
            onClick={() => onPress(act)}
          >
            {t(`act.${act}`)}
          </Button>
        );
      })}
    </div>
  );
}
