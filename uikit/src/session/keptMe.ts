import type { Me } from "./authApi.ts";

/** KeptMe holds who was signed in last, for a start without a network. */
export interface KeptMe {
  get(): Me | null;
  /** null forgets. */
  put(me: Me | null): void;
}

const key = "wardline.me";

/**
 * keepMeIn stores the account's id, login and name: no secret, and nothing that
 * the server believes. The session itself is a cookie that script cannot read.
 */
export function keepMeIn(storage: Storage): KeptMe {
  return {
    get() {
      try {
        return JSON.parse(storage.getItem(key) ?? "null") as Me | null;
      } catch {
        return null;
      }
    },
    put(me) {
      if (me) storage.setItem(key, JSON.stringify(me));
      else storage.removeItem(key);
    },
  };
}
