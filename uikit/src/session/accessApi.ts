import { createApi, unwrap } from "../api/client.ts";
import { createPasskey, type CreationJson } from "./webauthn.ts";

/** Passkey is one of the account's own. */
export interface Passkey {
  id: string;
  name: string;
  created: string;
  last_used?: string;
  /** Works at this listener. */
  here: boolean;
  /** Its counter once went back, which copies do. */
  cloned: boolean;
}

export interface OwnSession {
  id: string;
  console: boolean;
  agent: string;
  created: string;
  used: string;
  means: string[];
  current: boolean;
}

export interface Totp {
  enabled: boolean;
  recovery_left: number;
}

interface Json<Body> {
  content: { "application/json": Body };
}
interface Empty {
  content?: never;
}

interface AccessPaths {
  "/api/v1/me/passkeys": {
    get: { responses: { 200: Json<{ items: Passkey[] }> } };
    post: {
      requestBody: Json<{ ceremony: string; name: string; credential: Record<string, unknown> }>;
      responses: { 201: Json<Passkey> };
    };
  };
  "/api/v1/me/passkeys/begin": {
    post: { responses: { 200: Json<{ ceremony: string; public_key: CreationJson }> } };
  };
  "/api/v1/me/passkeys/{id}": {
    put: { parameters: { path: { id: string } }; requestBody: Json<{ name: string }>; responses: { 204: Empty } };
    delete: { parameters: { path: { id: string } }; responses: { 204: Empty } };
  };
  "/api/v1/me/totp": {
    get: { responses: { 200: Json<Totp> } };
    post: { responses: { 200: Json<{ secret: string; url: string }> } };
    delete: { responses: { 204: Empty } };
  };
  "/api/v1/me/totp/confirm": {
    post: { requestBody: Json<{ code: string }>; responses: { 200: Json<{ recovery_codes: string[] }> } };
  };
  "/api/v1/me/totp/recovery": { post: { responses: { 200: Json<{ recovery_codes: string[] }> } } };
  "/api/v1/me/password": { post: { requestBody: Json<{ password: string }>; responses: { 204: Empty } } };
  "/api/v1/me/sessions": {
    get: { responses: { 200: Json<{ items: OwnSession[] }> } };
    delete: { responses: { 204: Empty } };
  };
  "/api/v1/me/sessions/{id}": {
    delete: { parameters: { path: { id: string } }; responses: { 204: Empty } };
  };
}

// No onSignedOut: a ceremony that has expired is no lost session, and the next call finds out.
const api = createApi<AccessPaths>();
const at = (id: string) => ({ params: { path: { id } } });

export async function passkeys(): Promise<Passkey[]> {
  return (await unwrap(api.GET("/api/v1/me/passkeys"))).items;
}

/** addPasskey lets the authenticator make a passkey and registers it under a name. */
export async function addPasskey(name: string): Promise<void> {
  const begun = await unwrap(api.POST("/api/v1/me/passkeys/begin"));
  const credential = await createPasskey(begun.public_key);
  await unwrap(api.POST("/api/v1/me/passkeys", { body: { ceremony: begun.ceremony, name, credential } }));
}

export async function renamePasskey(id: string, name: string): Promise<void> {
  await unwrap(api.PUT("/api/v1/me/passkeys/{id}", { ...at(id), body: { name } }));
}

export async function deletePasskey(id: string): Promise<void> {
  await unwrap(api.DELETE("/api/v1/me/passkeys/{id}", at(id)));
}

export function totp(): Promise<Totp> {
  return unwrap(api.GET("/api/v1/me/totp"));
}

export function beginTotp(): Promise<{ secret: string; url: string }> {
  return unwrap(api.POST("/api/v1/me/totp"));
}

export async function confirmTotp(code: string): Promise<string[]> {
  return (await unwrap(api.POST("/api/v1/me/totp/confirm", { body: { code } }))).recovery_codes;
}

export async function deleteTotp(): Promise<void> {
  await unwrap(api.DELETE("/api/v1/me/totp"));
}

export async function ownSessions(): Promise<OwnSession[]> {
  return (await unwrap(api.GET("/api/v1/me/sessions"))).items;
}

export async function endSession(id: string): Promise<void> {
  await unwrap(api.DELETE("/api/v1/me/sessions/{id}", at(id)));
}

export async function endOtherSessions(): Promise<void> {
  await unwrap(api.DELETE("/api/v1/me/sessions"));
}

/** setPassword sets the first password of an account that has none. */
export async function setPassword(password: string): Promise<void> {
  await unwrap(api.POST("/api/v1/me/password", { body: { password } }));
}
