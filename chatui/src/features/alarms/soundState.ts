import { useSyncExternalStore } from "react";
import { AlarmSound, type SoundState } from "../../sound/alarmSound.ts";

/** One per page: browsers allow few audio contexts, and two would ring against each other. */
export const alarmSound = new AlarmSound();

export function useSoundState(): SoundState {
  return useSyncExternalStore(
    (changed) => alarmSound.subscribe(changed),
    () => alarmSound.state,
  );
}
