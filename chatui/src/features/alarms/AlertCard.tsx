import { Badge, Group, Text } from "@mantine/core";
import { PriorityBadge } from "@wardline/uikit/components/PriorityBadge.tsx";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { priorities, priorityLook } from "@wardline/uikit/theme/priority.ts";
import { useEffect, useRef, type CSSProperties } from "react";
import { useTranslation } from "react-i18next";
import { isOpen } from "../../alerts/card.ts";
import { awaits, isFor } from "../../alerts/ringing.ts";
import type { KeptCard } from "../../store/shelf.ts";
import { useClient } from "../auth/ClientProvider.tsx";
import { usePerson } from "../auth/usePerson.ts";
import { ActButtons } from "./ActButtons.tsx";
import classes from "./AlertCard.module.css";
import { BedNote } from "./BedNote.tsx";
import { Discuss } from "./Discuss.tsx";
import { Elapsed } from "./Elapsed.tsx";
import { StandingNote } from "./StandingNote.tsx";
import { useStanding } from "./useAlarms.ts";
import { kindText, placeText, refusalText, spokenText, statusText } from "./words.ts";

// Seen means: half of the card was on a screen somebody could look at.
function useSeen(alert: string, wanted: boolean) {
  const { engine } = useClient();
  const place = useRef<HTMLElement>(null);
  useEffect(() => {
    const element = place.current;
    if (!element || !wanted) return;
    let inView = false;
    const look = (): void => {
      if (!inView || document.visibilityState !== "visible") return;
      engine.seen(alert);
      stop();
    };
    const observer = new IntersectionObserver(
      (entries) => {
        inView = entries.some(({ isIntersecting }) => isIntersecting);
        look();
      },
      { threshold: 0.5 },
    );
    const stop = (): void => {
      observer.disconnect();
      document.removeEventListener("visibilitychange", look);
    };
    observer.observe(element);
    document.addEventListener("visibilitychange", look);
    return stop;
  }, [engine, alert, wanted]);
  return place;
}

/** AlertCard is one alert as it stands now; it changes in place when a newer version comes. */
export function AlertCard({ kept }: { kept: KeptCard }) {
  const { t } = useTranslation("alarms");
  const { engine } = useClient();
  const { id } = usePerson();
  const { card } = kept;
  const standing = useStanding(card);
  const open = isOpen(card);
  const place = useSeen(card.alert_id, open && isFor(card, id));
  const priority = priorities[card.priority] ?? "emergency";
  const refused = refusalText(card, id, t);
  const press = (act: Parameters<typeof engine.press>[1]): void => void engine.press(card.alert_id, act);

  return (
    <article
      ref={place}
      className={classes["card"]}
      style={{ "--card-color": priorityLook(priority).color } as CSSProperties}
      data-testid="alert-card"
      data-alert-id={card.alert_id}
      data-state={card.state}
      data-version={card.version}
      data-asks={awaits(card, id) || undefined}
      data-over={!open || undefined}
      tabIndex={0}
      aria-label={`${spokenText(card, t)}, ${statusText(card, id, t)}`}
    >
      <Group justify="space-between" gap="xs" wrap="nowrap" align="start">
        <Group gap={6}>
          <PriorityBadge priority={priority} />
          {card.drill && <Badge color="grape.9" variant="filled">{t("drill")}</Badge>}
          {card.technical && <Badge variant="default">{t("technical")}</Badge>}
        </Group>
        <Text component="span" size="sm" c="dimmed" className={classes["time"] ?? ""}>
          {open ? <Elapsed since={card.raised_at} /> : <Time at={card.raised_at} />}
        </Text>
      </Group>
      <div className={classes["what"]}>
        <Text className={classes["place"] ?? ""}>{placeText(card, t)}</Text>
        <Text>
          {kindText(card, t)}
          {card.text && ` – ${card.text}`}
        </Text>
        {open && <BedNote card={card} />}
      </div>
      <Text className={classes["status"] ?? ""} data-testid="alert-status">
        {statusText(card, id, t)}
        {!open && card.ended_at && (
          <Text component="span" size="sm" c="dimmed" inherit={false}>
            {" · "}
            <Time at={card.ended_at} />
          </Text>
        )}
      </Text>
      {open && refused && (
        <Text size="sm" c="dimmed">
          {refused}
        </Text>
      )}
      <StandingNote standing={standing} onAgain={press} />
      {standing.buttons.length > 0 && <ActButtons acts={standing.buttons} onPress={press} />}
      <Discuss card={card} />
    </article>
  );
}
