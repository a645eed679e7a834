import { createApi, unwrap } from "@wardline/uikit/api/client.ts";
import { sessionEnded } from "../../api.ts";
import type { Card } from "../../alerts/card.ts";
import { whereOf } from "../../alerts/cardView.ts";

interface DiscussPaths {
  "/api/v1/alerts/{id}/responders": {
    get: {
      parameters: { path: { id: string } };
      responses: { 200: { content: { "application/json": { items: { user: string; name: string; accepted: boolean }[] | null } } } };
    };
  };
}

const api = createApi<DiscussPaths>({ onSignedOut: sessionEnded });

/** responders are the alert's recipients who can chat, without this person. */
export async function responders(alert: string, me: string): Promise<string[]> {
  const { items } = await unwrap(api.GET("/api/v1/alerts/{id}/responders", { params: { path: { id: alert } } }));
  const others = (items ?? []).map(({ user }) => user).filter((user) => user !== me);
  if (others.length === 0) throw new Error("nobody");
  return others;
}

/** discussTitle: "Station 4B · 12 · Notruf"; it is encrypted like every title of a group. */
export function discussTitle(card: Card, kind: string): string {
  const { ward, room } = whereOf(card);
  return [ward, room || card.caller, kind].filter(Boolean).join(" · ").slice(0, 100);
}
