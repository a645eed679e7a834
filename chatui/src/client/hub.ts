import { createApi, unwrap } from "@wardline/uikit/api/client.ts";
import { ApiError } from "@wardline/uikit/api/problem.ts";
import type { Answered } from "../alerts/actSender.ts";
import { sessionEnded } from "../api.ts";
import { toBase64, type Bytes } from "../seal/bytes.ts";
import type { Act } from "../store/schema.ts";
import { itemOf, type Item } from "../stream/item.ts";
import type { Room } from "../stream/messages.ts";
import type { Probe } from "../stream/stream.ts";
import type { ChatPaths, RegisteredDevice } from "./paths.ts";

export const api = createApi<ChatPaths>({ onSignedOut: sessionEnded });

/** probe asks the smallest question there is: is the hub there, and are we signed in? */
export async function probe(): Promise<Probe> {
  try {
    const signal = AbortSignal.timeout(5_000);
    const answer = await fetch("/api/v1/me", { signal, cache: "no-store", credentials: "same-origin" });
    return answer.status === 401 ? "signed_out" : answer.ok ? "here" : "unreachable";
  } catch {
    return "unreachable";
  }
}

const hasCode = (error: unknown, code: string): boolean => error instanceof ApiError && error.problem.code === code;

/** registerDevice makes a device of new keys; null: only a good device code lets one in. */
export async function registerDevice(name: string, kem: Bytes, sign: Bytes, code: string): Promise<RegisteredDevice | null> {
  const body = { name, kem_public: toBase64(kem), sign_public: toBase64(sign), ...(code ? { code } : {}) };
  try {
    return await unwrap(api.POST("/api/v1/devices", { body }));
  } catch (error) {
    if (hasCode(error, "managed_only")) return null;
    throw error;
  }
}

/** attachDevice binds this session to a device registered earlier; null: the hub does not know it any more. */
export async function attachDevice(id: string): Promise<RegisteredDevice | "waiting" | null> {
  try {
    return await unwrap(api.POST("/api/v1/devices", { body: { device_id: id } }));
  } catch (error) {
    if (hasCode(error, "waiting")) return "waiting";
    const gone = error instanceof ApiError && !error.passing && error.status !== 401;
    if (gone) return null;
    throw error;
  }
}

interface TakenBy {
  taken_by?: { name: string }[];
}

function answeredBy(error: unknown): Answered {
  if (!(error instanceof ApiError) || error.passing || error.status === 401) return { kind: "later" };
  const { code } = error.problem;
  if (error.status === 409 && code === "taken") {
    const by = (error.problem as TakenBy).taken_by ?? [];
    return { kind: "taken", by: by.map(({ name }) => name) };
  }
  if (error.status === 409 || error.status === 404) return { kind: "ended" };
  return { kind: "refused" };
}

export async function postAct(alert: string, act: Act): Promise<Answered> {
  try {
    const params = { path: { id: alert, act } };
    const signal = AbortSignal.timeout(8_000);
    const { state } = await unwrap(api.POST("/api/v1/alerts/{id}/{act}", { params, body: {}, signal }));
    return { kind: "done", state };
  } catch (error) {
    return answeredBy(error);
  }
}

export async function fetchRooms(): Promise<Room[]> {
  return (await unwrap(api.GET("/api/v1/rooms"))).items ?? [];
}

/** fetchItem gets one item again, for a repair. */
export async function fetchItem(room: string, seq: number): Promise<Item | null> {
  const params = { path: { id: room }, query: { after: seq - 1, limit: 1 } };
  const { items } = await unwrap(api.GET("/api/v1/rooms/{id}/items", { params }));
  const found = items?.find((one) => one.seq === seq);
  return found ? itemOf(found) : null;
}

export async function revokeDevice(id: string): Promise<void> {
  await unwrap(api.DELETE("/api/v1/devices/{id}", { params: { path: { id } } }));
}
