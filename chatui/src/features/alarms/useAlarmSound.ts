import { useEffect, useRef, useState } from "react";
import { levelOf, louder, type Level } from "../../sound/patterns.ts";
import { lead } from "../../stream/leader.ts";
import { usePerson } from "../auth/usePerson.ts";
import { alarmSound, useSoundState } from "./soundState.ts";
import type { Alarms } from "./useAlarms.ts";

/** An installed app may sound at once; elsewhere the first touch anywhere is enough. */
function useUnlock(): void {
  useEffect(() => {
    void alarmSound.unlock();
    const touched = (): void => {
      if (alarmSound.state !== "ready") void alarmSound.unlock();
    };
    const stop = new AbortController();
    const { signal } = stop;
    for (const sign of ["pointerdown", "keydown"]) window.addEventListener(sign, touched, { signal });
    return () => stop.abort();
  }, []);
}

/** Of several tabs that could sound, one does. */
function useSpeaker(): boolean {
  const { id } = usePerson();
  const ready = useSoundState() === "ready";
  const [speaks, setSpeaks] = useState(false);
  useEffect(() => {
    if (!ready) return;
    const stop = new AbortController();
    void lead(navigator.locks, `wardline-sound-${id}`, stop.signal, () => setSpeaks(true));
    return () => {
      stop.abort();
      setSpeaks(false);
    };
  }, [id, ready]);
  return speaks;
}

function levelFor({ ringing, brokenRings }: Alarms): Level | null {
  let level: Level | null = brokenRings ? "urgent" : null;
  for (const { card } of ringing) {
    const one = levelOf(card.priority);
    if (louder(level, one)) level = one;
  }
  return level;
}

/** useAlarmSound sounds the loudest of what waits, and falls silent when somebody has accepted. */
export function useAlarmSound(alarms: Alarms): void {
  useUnlock();
  const speaks = useSpeaker();
  const level = levelFor(alarms);
  useEffect(() => {
    const sounding = speaks ? level : null;
    alarmSound.ring(sounding);
    // For end-to-end tests, which cannot hear.
    if (sounding) document.documentElement.dataset["ringing"] = sounding;
    else delete document.documentElement.dataset["ringing"];
  }, [speaks, level]);
  useEffect(() => () => alarmSound.ring(null), []);

  // A further call of the same level changes no level but has to be heard.
  const count = alarms.ringing.length;
  const before = useRef(count);
  useEffect(() => {
    if (speaks && level && count > before.current && before.current > 0) alarmSound.once(level);
    before.current = count;
  }, [speaks, level, count]);
}
