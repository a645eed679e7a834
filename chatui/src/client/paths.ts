import type { ItemJson } from "../stream/item.ts";
import type { Room } from "../stream/messages.ts";

// The chat listener's calls as this client uses them (docs: /api/docs).

interface Answer<Body, Status extends number = 200> {
  responses: Record<Status, { content: { "application/json": Body } }>;
}

interface Nothing {
  responses: { 204: { content?: never } };
}

interface Path<Keys extends string> {
  parameters: { path: Record<Keys, string> };
}

interface Json<Body> {
  requestBody: { content: { "application/json": Body } };
}

export interface RegisteredDevice {
  device_id: string;
  /** base64, 32 bytes: what the hub signs envelopes with. */
  hub_sign_public: string;
  hub_key_id: string;
  /** A waiting one is no device until somebody has approved it. */
  state: "ready" | "waiting";
}

export interface OwnDevice {
  id: string;
  name: string;
  created: string;
  last_seen?: string;
  current: boolean;
}

/** WaitingOwn is an own browser that nobody has approved yet. */
export interface WaitingOwn {
  id: string;
  name: string;
  created: string;
}

export interface UserRef {
  user_id: string;
  name: string;
}

export interface DutyRole {
  id: string;
  name: string;
  unit: { id: string; code: string; name: string };
  on_duty: (UserRef & { since?: string })[] | null;
  mine: boolean;
  may_take: boolean;
}

export interface DutyOffer {
  id: string;
  role_id: string;
  role_name: string;
  from?: UserRef;
  to?: UserRef;
  at: string;
}

export interface Roster {
  roles: DutyRole[] | null;
  offers_to_me: DutyOffer[] | null;
  offers_by_me: DutyOffer[] | null;
}

export interface StoryEntry {
  no: number;
  at: string;
  kind: string;
  user?: { id: string; name: string };
  step: number;
}

interface List<T> {
  items: T[] | null;
  next?: string;
}

type NewDevice = { name: string; kem_public: string; sign_public: string; code?: string } | { device_id: string };

export interface ChatPaths {
  "/api/v1/devices": { get: Answer<List<OwnDevice>>; post: Json<NewDevice> & Answer<RegisteredDevice, 201> };
  "/api/v1/devices/waiting": { get: Answer<List<WaitingOwn>> };
  "/api/v1/devices/waiting/{id}/{answer}": { post: Path<"id" | "answer"> & Nothing };
  "/api/v1/devices/{id}": { delete: Path<"id"> & Nothing };
  "/api/v1/rooms": { get: Answer<List<Room>> };
  "/api/v1/rooms/{id}/items": {
    get: {
      parameters: { path: { id: string }; query: { after: number; limit?: number } };
    } & Answer<List<ItemJson>>;
  };
  "/api/v1/alerts/{id}/{act}": {
    post: Path<"id" | "act"> & Json<Record<string, never>> & Answer<{ alert_id: string; state: string }>;
  };
  "/api/v1/alerts/{id}/story": { get: Path<"id"> & Answer<List<StoryEntry>> };
  "/api/v1/duty": { get: Answer<Roster> };
  "/api/v1/duty/{role}/colleagues": { get: Path<"role"> & Answer<List<UserRef>> };
  "/api/v1/duty/{role}/take": { post: Path<"role"> & Json<Record<string, never>> & Nothing };
  "/api/v1/duty/{role}/release": { post: Path<"role"> & Json<{ force?: boolean }> & Nothing };
  "/api/v1/duty/{role}/offers": { post: Path<"role"> & Json<{ to: string }> & Answer<{ id: string }, 201> };
  "/api/v1/duty/offers/{id}/{answer}": {
    post: Path<"id" | "answer"> & Json<Record<string, never>> & Nothing;
  };
}
