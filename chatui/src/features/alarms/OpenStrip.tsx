import { Button, Text } from "@mantine/core";
import { priorities, priorityLook } from "@wardline/uikit/theme/priority.ts";
import { Link } from "@tanstack/react-router";
import type { CSSProperties } from "react";
import { useTranslation } from "react-i18next";
import { urgent } from "../../alerts/ringing.ts";
import type { KeptCard } from "../../store/shelf.ts";
import { useClient } from "../auth/ClientProvider.tsx";
import { ActButtons } from "./ActButtons.tsx";
import { Discuss } from "./Discuss.tsx";
import { Elapsed } from "./Elapsed.tsx";
import classes from "./OpenStrip.module.css";
import { StandingNote } from "./StandingNote.tsx";
import { useStanding, type Alarms } from "./useAlarms.ts";
import { kindText, placeText } from "./words.ts";

function Mine({ kept }: { kept: KeptCard }) {
  const { t } = useTranslation("alarms");
  const { engine } = useClient();
  const { card, room } = kept;
  const standing = useStanding(card);
  const press = (act: Parameters<typeof engine.press>[1]): void => void engine.press(card.alert_id, act);
  return (
    <div className={classes["mine"]} data-testid="mine" data-alert-id={card.alert_id}>
      <Link to="/room/$id" params={{ id: room }} className={classes["link"] ?? ""}>
        <Text component="span" fw={650}>
          {t(card.state === "arrived" ? "mineThere" : "mineComing", { place: placeText(card, t) })}
        </Text>
        <Text component="span" size="sm">
          {kindText(card, t)}, <Elapsed since={card.raised_at} />
        </Text>
      </Link>
      <StandingNote standing={standing} onAgain={press} />
      <div className={classes["acts"]}>
        {standing.buttons.length > 0 && <ActButtons acts={standing.buttons} onPress={press} compact />}
        <Discuss card={card} compact />
      </div>
    </div>
  );
}

/** OpenStrip keeps, on every page, what waits for the person and what they have accepted. */
export function OpenStrip({ alarms, onShow }: { alarms: Alarms; onShow: () => void }) {
  const { t } = useTranslation("alarms");
  const { asking, mine } = alarms;
  const [first] = asking;
  if (!first && mine.length === 0) return null;
  const look = first && priorityLook(priorities[first.card.priority] ?? "emergency");
  const full = first && first.card.priority >= urgent;
  return (
    <section aria-label={t("stripLabel")} className={classes["strip"]}>
      {first && look && (
        <div
          className={classes["asking"]}
          style={{ "--strip-color": look.color, "--strip-soft": look.soft } as CSSProperties}
          data-testid="open-strip"
          role="status"
        >
          <look.icon size={22} aria-hidden="true" />
          <Text component="span" fw={650} className={classes["text"] ?? ""}>
            {t("asking", { count: asking.length })}: {placeText(first.card, t)}
          </Text>
          {full ? (
            <Button size="sm" onClick={onShow}>
              {t("show")}
            </Button>
          ) : (
            <Link to="/room/$id" params={{ id: first.room }} className={classes["show"] ?? ""}>
              {t("show")}
            </Link>
          )}
        </div>
      )}
      {mine.map((kept) => (
        <Mine key={kept.card.alert_id} kept={kept} />
      ))}
    </section>
  );
}
