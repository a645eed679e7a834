import { useCallback, useState } from "react";
import { urgent } from "../../alerts/ringing.ts";
import { AlarmOverlay } from "./AlarmOverlay.tsx";
import { BrokenNotice } from "./BrokenNotice.tsx";
import { OpenStrip } from "./OpenStrip.tsx";
import { SoundNotice } from "./SoundNotice.tsx";
import { useAlarms } from "./useAlarms.ts";
import { useAlarmSound } from "./useAlarmSound.ts";
import { useOutcomes } from "./useOutcomes.tsx";
import { usePageSigns } from "./usePageSigns.ts";

/**
 * AlarmCenter is on every page: it sounds, opens the full-screen alarm and
 * keeps what waits and what was accepted within reach.
 */
export function AlarmCenter() {
  const alarms = useAlarms();
  const [aside, setAside] = useState("");
  useAlarmSound(alarms);
  usePageSigns(alarms);
  useOutcomes();

  const pressing = alarms.asking.filter(({ card }) => card.priority >= urgent);
  // Put aside are exactly these calls; a new one, or a step further, comes back full-screen.
  const names = pressing.map(({ card }) => `${card.alert_id}/${card.step}`).join();
  const minimise = useCallback(() => setAside(names), [names]);
  return (
    <>
      <SoundNotice />
      <BrokenNotice />
      <OpenStrip alarms={alarms} onShow={() => setAside("")} />
      {pressing.length > 0 && names !== aside && <AlarmOverlay alarms={pressing} onMinimise={minimise} />}
    </>
  );
}
