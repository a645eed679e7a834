import { Button, FocusTrap, Portal, Text, VisuallyHidden } from "@mantine/core";
import { SecondaryNotice } from "@wardline/uikit/components/SecondaryNotice.tsx";
import { priorities, priorityLook } from "@wardline/uikit/theme/priority.ts";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Card } from "../../alerts/card.ts";
import type { KeptCard } from "../../store/shelf.ts";
import type { Act } from "../../store/schema.ts";
import { useClient } from "../auth/ClientProvider.tsx";
import { ActButtons } from "./ActButtons.tsx";
import classes from "./AlarmOverlay.module.css";
import { AlarmStack } from "./AlarmStack.tsx";
import { BedNote } from "./BedNote.tsx";
import { Elapsed } from "./Elapsed.tsx";
import { StandingNote } from "./StandingNote.tsx";
import { useStanding } from "./useAlarms.ts";
import { kindText, placeText, spokenText, statusText } from "./words.ts";
import { usePerson } from "../auth/usePerson.ts";

// A thumb on its way must not hit a button that has just appeared under it.
const settleMs = 700;

function useSettled(what: string): boolean {
  const [settled, setSettled] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setSettled(what), settleMs);
    return () => clearTimeout(timer);
  }, [what]);
  return settled === what;
}

const keys: Readonly<Record<string, Act>> = { a: "accept", r: "reject", b: "busy" };

function useShortcuts(acts: readonly Act[], enabled: boolean, press: (act: Act) => void): void {
  useEffect(() => {
    const typed = (stroke: KeyboardEvent): void => {
      const plain = !stroke.ctrlKey && !stroke.altKey && !stroke.metaKey && !stroke.repeat;
      const act = keys[stroke.key.toLowerCase()];
      if (!plain || !enabled || !act || !acts.includes(act)) return;
      stroke.preventDefault();
      press(act);
    };
    window.addEventListener("keydown", typed);
    return () => window.removeEventListener("keydown", typed);
  }, [acts, enabled, press]);
}

function Details({ card }: { card: Card }) {
  const { t } = useTranslation("alarms");
  const { id } = usePerson();
  return (
    <div className={classes["details"]}>
      <Text className={classes["ward"] ?? ""}>{card.ward_name || card.ward}</Text>
      <Text component="h2" className={classes["place"] ?? ""} id="alarm-title">
        {placeText(card, t)}
      </Text>
      <Text className={classes["kind"] ?? ""}>{kindText(card, t)}</Text>
      {card.text && <Text className={classes["text"] ?? ""}>{card.text}</Text>}
      {card.caller && card.caller !== placeText(card, t) && <Text>{t("caller", { caller: card.caller })}</Text>}
      <BedNote card={card} />
      <Text className={classes["since"] ?? ""}>
        <Elapsed since={card.raised_at} />
      </Text>
      <Text className={classes["status"] ?? ""} data-testid="overlay-status" data-state={card.state}>
        {statusText(card, id, t)}
      </Text>
    </div>
  );
}

interface Props {
  /** The most pressing first; never empty. */
  alarms: readonly KeptCard[];
  /** Puts the full-screen alarm aside; it keeps sounding. */
  onMinimise: () => void;
}

/** AlarmOverlay fills the screen while an urgent call or an emergency waits for this person. */
export function AlarmOverlay({ alarms, onMinimise }: Props) {
  const { t } = useTranslation("alarms");
  const { engine } = useClient();
  const [chosen, setChosen] = useState<string | null>(null);
  const shown = alarms.find(({ card }) => card.alert_id === chosen) ?? alarms[0];
  if (!shown) return null;
  return (
    <Portal>
      <FocusTrap active>
        <Sheet key="sheet" shown={shown} alarms={alarms} onChoose={setChosen} onMinimise={onMinimise}
          onPress={(alert, act) => {
            setChosen(null);
            void engine.press(alert, act);
          }}
          label={t("overlayLabel")}
        />
      </FocusTrap>
    </Portal>
  );
}

interface SheetProps extends Props {
  shown: KeptCard;
  label: string;
  onChoose: (alert: string) => void;
  onPress: (alert: string, act: Act) => void;
}

function Sheet({ shown, alarms, label, onChoose, onPress, onMinimise, ...rest }: SheetProps) {
  const { t } = useTranslation("alarms");
  const { engine } = useClient();
  const { card } = shown;
  const standing = useStanding(card);
  const settled = useSettled(card.alert_id);
  const press = (act: Act): void => onPress(card.alert_id, act);
  useShortcuts(standing.buttons, settled, press);
  useEffect(() => engine.seen(card.alert_id), [engine, card.alert_id]);
  useEffect(() => {
    const typed = ({ key }: KeyboardEvent): void => {
      if (key === "Escape") onMinimise();
    };
    window.addEventListener("keydown", typed);
    return () => window.removeEventListener("keydown", typed);
  }, [onMinimise]);

  const priority = priorities[card.priority] ?? "emergency";
  const { icon: Symbol } = priorityLook(priority);
  return (
    <div
      {...rest}
      className={classes["sheet"]}
      data-testid="alarm-overlay"
      data-alert-id={card.alert_id}
      data-priority={priority}
      role="alertdialog"
      aria-modal="true"
      aria-label={label}
      aria-describedby="alarm-spoken"
    >
      {/* Takes the focus: on a button, an Enter meant for something else would answer the call. */}
      <div className={classes["band"]} tabIndex={-1} data-autofocus>
        <Symbol size={40} aria-hidden="true" className={classes["symbol"] ?? ""} />
        <span>{t(`priority.${card.priority}`)}</span>
        {card.drill && <span className={classes["drill"]}>{t("drill")}</span>}
        {alarms.length > 1 && (
          <span className={classes["count"]} data-testid="overlay-count">
            {t("count", { count: alarms.length })}
          </span>
        )}
      </div>
      <VisuallyHidden id="alarm-spoken" aria-live="assertive">
        {spokenText(card, t)}
      </VisuallyHidden>
      <Details card={card} />
      <div className={classes["foot"]}>
        <AlarmStack alarms={alarms} shown={card.alert_id} onChoose={onChoose} />
        <StandingNote standing={standing} onAgain={press} />
        {standing.buttons.length > 0 && (
          <ActButtons acts={standing.buttons} onPress={(act) => settled && press(act)} keys />
        )}
        <Button variant="subtle" color="gray" onClick={onMinimise} data-testid="overlay-minimise">
          {t("minimise")}
        </Button>
        <SecondaryNotice />
      </div>
    </div>
  );
}
