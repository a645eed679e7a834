import { useMemo, useSyncExternalStore } from "react";
import { isOpen, type Card } from "../../alerts/card.ts";
import { standingOf, type Standing } from "../../alerts/cardView.ts";
import { brokenRingsNow, byUrgency, isMine, rings } from "../../alerts/ringing.ts";
import type { KeptCard } from "../../store/shelf.ts";
import { useBoard } from "../auth/ClientProvider.tsx";
import { usePerson } from "../auth/usePerson.ts";

/** useStanding: what the person can do about a card now. */
export function useStanding(card: Card): Standing {
  const { id } = usePerson();
  const act = useBoard("acts").get(card.alert_id);
  const confirmed = useBoard("confirmed").get(card.alert_id);
  return useMemo(() => standingOf(card, id, act, confirmed), [card, id, act, confirmed]);
}

export interface Alarms {
  /** Calls that wait for this person, the most pressing first. */
  readonly asking: readonly KeptCard[];
  /** Those of them that sound. */
  readonly ringing: readonly KeptCard[];
  /** Calls this person has accepted and not finished. */
  readonly mine: readonly KeptCard[];
  /** An item that does not open sounds too: nobody knows what it says. */
  readonly brokenRings: boolean;
}

export function useAlarms(): Alarms {
  const { id } = usePerson();
  const cards = useBoard("cards");
  const acts = useBoard("acts");
  const confirmed = useBoard("confirmed");
  const broken = useBoard("broken");
  const offset = useBoard("clockOffset");
  return useMemo(() => {
    const sorted = [...cards.values()].filter(({ card }) => isOpen(card)).sort((a, b) => byUrgency(a.card, b.card));
    const answered = ({ card }: KeptCard): boolean => confirmed.has(card.alert_id);
    return {
      asking: sorted.filter((one) => rings(one, id, undefined, answered(one))),
      ringing: sorted.filter((one) => rings(one, id, acts.get(one.card.alert_id), answered(one))),
      mine: sorted.filter(({ card }) => isMine(card, id)),
      brokenRings: broken.some((record) => brokenRingsNow(record, Date.now() + offset)),
    };
  }, [id, cards, acts, confirmed, broken, offset]);
}

const tick = (changed: () => void): (() => void) => {
  const timer = setInterval(changed, 1_000);
  return () => clearInterval(timer);
};

/** useHubSeconds is the hub's time in whole seconds, so that a wrong device clock shows nothing wrong. */
export function useHubSeconds(): number {
  const offset = useBoard("clockOffset");
  return useSyncExternalStore(tick, () => Math.floor((Date.now() + offset) / 1_000));
}
