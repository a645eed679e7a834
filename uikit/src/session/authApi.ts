import { createApi, unwrap } from "../api/client.ts";
import { getPasskey, type RequestJson } from "./webauthn.ts";

/** Me is the signed-in account as the pages show it. */
export interface Me {
  user_id: string;
  login: string;
  name: string;
  level: "admin" | "internal" | "guest";
  clinic: { id: string; name: string };
  /** True when the hub runs the simulated clinic. */
  demo: boolean;
  /** Empty until this browser has registered its keys. */
  device_id: string;
  /** False for an account that was only ever opened by sign-in links. */
  has_password?: boolean;
  /** Of the hub, for the account menu and for support. */
  version: string;
  /** An administrator's rights; an owner has them all. */
  roles?: Role[];
  /** What has to be set up before anything else works; empty: nothing. */
  must?: Must;
  /** True while sensitive acts need no new proof of who is there. */
  fresh?: boolean;
}

export type Role = "owner" | "people" | "policy" | "connectors" | "auditor";

export type Must = "" | "passkey" | "second_factor" | "credential";

/** Ways is how people may sign in at this listener. */
export interface Ways {
  password: boolean;
  passkey: boolean;
  code: boolean;
  directory: boolean;
  providers: { id: string; label: string }[];
}

export interface Proof {
  password: string;
  /** Six digits, or a recovery code. */
  otp?: string;
}

/** What the hub asks of a new password; shorter ones are refused with code "weak". */
export const passwordMinLength = 12;

export interface Activation {
  login: string;
  code: string;
  /** Absent: the next step is a passkey or a password. */
  password?: string;
}

interface Post<Body, Answer = Me> {
  post: {
    requestBody: { content: { "application/json": Body } };
    responses: { 200: { content: { "application/json": Answer } } };
  };
}

interface Begun {
  ceremony: string;
  public_key: RequestJson;
}

interface Finish {
  ceremony: string;
  credential: Record<string, unknown>;
}

/** The sign-in calls, the same on the chat and the console listener. */
interface AuthPaths {
  "/api/v1/me": {
    get: { responses: { 200: { content: { "application/json": Me } } } };
  };
  "/api/v1/auth/ways": {
    get: { responses: { 200: { content: { "application/json": Ways } } } };
  };
  "/api/v1/auth/login": Post<{ login: string } & Proof>;
  "/api/v1/auth/passkey/begin": Post<{ login?: string }, Begun>;
  "/api/v1/auth/passkey/finish": Post<Finish>;
  "/api/v1/auth/step-up": Post<Proof>;
  "/api/v1/auth/step-up/passkey/begin": Post<Record<string, never>, Begun>;
  "/api/v1/auth/step-up/passkey": Post<Finish>;
  "/api/v1/auth/join": Post<{ token: string; who: string }, unknown>;
  "/api/v1/auth/link": Post<{ token: string }>;
  "/api/v1/auth/activate": Post<Activation>;
  "/api/v1/auth/logout": { post: { responses: { 204: { content?: never } } } };
}

// No onSignedOut here: a 401 from these calls is an answer, not a lost session.
const api = createApi<AuthPaths>();

export function fetchMe(): Promise<Me> {
  return unwrap(api.GET("/api/v1/me"));
}

export function fetchWays(): Promise<Ways> {
  return unwrap(api.GET("/api/v1/auth/ways"));
}

export async function signIn(login: string, proof: Proof): Promise<void> {
  await unwrap(api.POST("/api/v1/auth/login", { body: { login, ...proof } }));
}

/** signInByPasskey asks the authenticator who is there; without a login, it knows that too. */
export async function signInByPasskey(login?: string): Promise<void> {
  const begun = await unwrap(api.POST("/api/v1/auth/passkey/begin", { body: login ? { login } : {} }));
  const credential = await getPasskey(begun.public_key);
  await unwrap(api.POST("/api/v1/auth/passkey/finish", { body: { ceremony: begun.ceremony, credential } }));
}

/** stepUp proves again who is there, before a sensitive act. */
export async function stepUp(proof: Proof): Promise<void> {
  await unwrap(api.POST("/api/v1/auth/step-up", { body: proof }));
}

export async function stepUpByPasskey(): Promise<void> {
  const begun = await unwrap(api.POST("/api/v1/auth/step-up/passkey/begin", { body: {} }));
  const credential = await getPasskey(begun.public_key);
  await unwrap(api.POST("/api/v1/auth/step-up/passkey", { body: { ceremony: begun.ceremony, credential } }));
}

/** join asks for a code by mail, from a poster; the answer is the same for everybody. */
export async function join(token: string, who: string): Promise<void> {
  await unwrap(api.POST("/api/v1/auth/join", { body: { token, who } }));
}

export async function signInByLink(token: string): Promise<void> {
  await unwrap(api.POST("/api/v1/auth/link", { body: { token } }));
}

export async function activate(body: Activation): Promise<void> {
  await unwrap(api.POST("/api/v1/auth/activate", { body }));
}

export async function signOut(): Promise<void> {
  await unwrap(api.POST("/api/v1/auth/logout"));
}
