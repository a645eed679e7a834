export interface ChatHealth {
  recorder: { connected: boolean; away: boolean; last_seen?: string };
  /** Messages that nobody has restored. */
  open: number;
  repaired: number;
  by_cause: Record<string, number>;
  /** The newest, those still open first. */
  faults: Unreadable[];
}

/** A message that a device could not open. What it says is known to nobody here. */
export interface Unreadable {
  /** The end of the room's id. */
  room: string;
  seq: number;
  cause: string;
  user: { user_id: string; name: string };
  device: string;
  device_name: string;
  at: string;
  repaired_at?: string;
}
