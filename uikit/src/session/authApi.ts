import { createApi, unwrap } from "../api/client.ts";

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
}

/** What the hub asks of a new password; shorter ones are refused with code "weak". */
export const passwordMinLength = 12;

export interface Activation {
  login: string;
  code: string;
  password: string;
}

interface Post<Body> {
  post: {
    requestBody: { content: { "application/json": Body } };
    responses: { 200: { content: { "application/json": Me } } };
  };
}

/** The sign-in calls, the same on the chat and the console listener. */
interface AuthPaths {
  "/api/v1/me": {
    get: { responses: { 200: { content: { "application/json": Me } } } };
  };
  "/api/v1/auth/login": Post<{ login: string; password: string }>;
  "/api/v1/auth/link": Post<{ token: string }>;
  "/api/v1/auth/activate": Post<Activation>;
  "/api/v1/auth/logout": { post: { responses: { 204: { content?: never } } } };
}

// No onSignedOut here: a 401 from these calls is an answer, not a lost session.
const api = createApi<AuthPaths>();

export function fetchMe(): Promise<Me> {
  return unwrap(api.GET("/api/v1/me"));
}

export async function signIn(login: string, password: string): Promise<void> {
  await unwrap(api.POST("/api/v1/auth/login", { body: { login, password } }));
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
