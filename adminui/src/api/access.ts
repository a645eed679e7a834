import type { Role } from "@wardline/uikit/session/authApi.ts";
import type { List } from "./list.ts";
import type { Act, ById, Delete, Get, IfMatch, Json, Post, Put } from "./wire.ts";

export interface AccessSession {
  id: string;
  console: boolean;
  agent: string;
  created: string;
  used: string;
  means: string[];
  current: boolean;
}

export interface AccessPasskey {
  id: string;
  name: string;
  created: string;
  last_used?: string;
}

/** Access is how an account gets in, and where it is in. */
export interface Access {
  account_id: string;
  login: string;
  name: string;
  level: "admin" | "internal" | "guest";
  state: string;
  roles: Role[];
  has_password: boolean;
  totp: boolean;
  recovery_left: number;
  passkeys: AccessPasskey[];
  sessions: AccessSession[];
  devices: { id: string; name: string; created: string; last_seen?: string }[];
  waiting: { id: string; name: string; created: string }[];
  links: { provider: string; label: string; subject: string; created: string }[];
  unreachable: boolean;
}

export interface WaitingDevice {
  id: string;
  account_id: string;
  login: string;
  name: string;
  device: string;
  created: string;
  /** False: the account has no other device, and no alarm reaches it. */
  reachable: boolean;
}

export interface Letter {
  account_id: string;
  login: string;
  name: string;
  code?: string;
  /** For the QR code. */
  url?: string;
  expires?: string;
  fault?: string;
}

export interface Poster {
  id: string;
  unit_id: string;
  unit: string;
  created: string;
  expires: string;
}

export interface DeviceCode {
  id: string;
  label: string;
  created: string;
  expires: string;
}

export interface Provider {
  id: string;
  label: string;
  enabled: boolean;
  issuer: string;
  client_id: string;
  /** Only ever sent; absent keeps the stored one. */
  secret?: string;
  secret_set?: boolean;
  scopes: string[];
  claim: string;
  match: "login" | "staff_number";
  groups_claim: string;
  groups: { group: string; role: Role }[];
}

export interface AccessPolicy {
  admin_passkey: "required" | "recommended";
  second_factor: "none" | "admins" | "all";
  directory: boolean;
  devices: "any" | "each" | "managed";
  providers: Provider[];
}

interface Sub<Name extends string> {
  path: { id: string } & { [name in Name]: string };
}

/** AccessPaths is the part of the console that is about signing in; see docs/protocols/signing-in.md. */
export interface AccessPaths {
  "/api/v1/accounts/{id}/access": Get<Access, ById>;
  "/api/v1/accounts/{id}/roles": Put<{ roles: Role[] }, void, ById>;
  "/api/v1/accounts/{id}/sessions": Delete<ById>;
  "/api/v1/accounts/{id}/sessions/{sid}": Delete<Sub<"sid">>;
  "/api/v1/accounts/{id}/devices/{did}": Delete<Sub<"did">>;
  "/api/v1/accounts/{id}/passkeys/{pid}": Delete<Sub<"pid">>;
  "/api/v1/accounts/{id}/totp": Delete<ById>;
  "/api/v1/access/devices": Get<List<WaitingDevice>>;
  "/api/v1/access/devices/{id}/approve": Act<ById>;
  "/api/v1/access/devices/{id}/refuse": Act<ById>;
  "/api/v1/access/device-codes": Get<List<DeviceCode>> &
    Post<{ label: string; hours: number }, DeviceCode & { code: string }>;
  "/api/v1/access/device-codes/{id}": Delete<ById>;
  "/api/v1/access/letters": Post<{ accounts: string[] }, { items: Letter[] }>;
  "/api/v1/access/posters": Get<List<Poster>> & Post<{ unit_id: string; hours: number }, Poster & { url: string }>;
  "/api/v1/access/posters/{id}": Delete<ById>;
  "/api/v1/access/policy": {
    get: { responses: { 200: Json<AccessPolicy> & { headers: { ETag: string } } } };
  } & Put<AccessPolicy, AccessPolicy, IfMatch>;
  "/api/v1/access/policy/test": Post<{ issuer: string }, { ok: boolean; detail?: string }>;
}
