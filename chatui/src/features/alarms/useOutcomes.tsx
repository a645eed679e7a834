import { notifications } from "@mantine/notifications";
import i18next from "i18next";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Card } from "../../alerts/card.ts";
import { namesOf } from "../../alerts/cardView.ts";
import { awaits, partOf } from "../../alerts/ringing.ts";
import { useBoard } from "../auth/ClientProvider.tsx";
import { usePerson } from "../auth/usePerson.ts";
import { placeText } from "./words.ts";

// One at a time: a pile of notices would cover the very buttons they are about.
function tell(message: string, color: string, autoClose: number): void {
  notifications.hide(noticeId);
  const closeButtonProps = { "aria-label": i18next.t("close", { ns: "ui" }) };
  notifications.show({ id: noticeId, message, color, autoClose, closeButtonProps });
}

const noticeId = "alarm-notice";

/**
 * useOutcomes says in passing why a call has left the screen: somebody else
 * comes, or it has ended. A ring that only stops leaves a nurse wondering.
 */
export function useOutcomes(): void {
  const { t } = useTranslation("alarms");
  const { id } = usePerson();
  const cards = useBoard("cards");
  const confirmed = useBoard("confirmed");
  const before = useRef<ReadonlyMap<string, Card>>(new Map());
  const told = useRef(new Set<unknown>());

  useEffect(() => {
    const waited = before.current;
    before.current = new Map([...cards].flatMap(([alert, { card }]) => (awaits(card, id) ? [[alert, card]] : [])));
    for (const [alert, old] of waited) {
      const card = cards.get(alert)?.card;
      if (!card || awaits(card, id) || partOf(card, id) !== "asked") continue;
      const names = namesOf(card.accepted_by);
      const key = names === "" ? "gone.over" : "gone.taken";
      tell(t(key, { names, place: placeText(old, t) }), "ward.8", 5_000);
    }
  }, [cards, id, t]);

  useEffect(() => {
    for (const one of confirmed.values()) {
      const { answered } = one.outcome;
      if (answered.kind === "done" || told.current.has(one.outcome)) continue;
      told.current.add(one.outcome);
      const names = answered.kind === "taken" ? answered.by.join(", ") : "";
      const key = answered.kind === "taken" && names === "" ? "takenBySomebody" : answered.kind;
      tell(t(`note.${key}`, { names }), "orange.9", 8_000);
    }
  }, [confirmed, t]);
}
