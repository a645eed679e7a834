import createClient, { type Client, type Middleware } from "openapi-fetch";
import { ApiError, toApiError } from "./problem.ts";

interface FetchResult<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

export interface ApiOptions {
  /** Called for a 401: the session ended, the user has to sign in again. */
  onSignedOut?: () => void;
  /** For tests; the browser's fetch otherwise. */
  fetch?: (request: Request) => Promise<Response>;
}

/**
 * createApi gives the typed client for one generated OpenAPI document. It only
 * talks to the origin the page came from, so the session cookie goes along and
 * no token is ever held by script.
 */
export function createApi<Paths extends object>(options: ApiOptions = {}): Client<Paths> {
  const client = createClient<Paths>({
    baseUrl: window.location.origin,
    credentials: "same-origin",
    fetch: options.fetch ?? ((request) => window.fetch(request)),
  });
  client.use(watchSession(options));
  return client;
}

// A 401 with one of these is about a password or code in the request, not about the session.
const aboutTheRequest = new Set(["wrong", "otp_needed", "otp_wrong"]);

async function codeOf(response: Response): Promise<string | undefined> {
  const body: unknown = await response.clone().json().catch(() => null);
  return toApiError(response.status, body).problem.code;
}

function watchSession(options: ApiOptions): Middleware {
  return {
    async onResponse({ response }) {
      if (response.status !== 401) return;
      if (!aboutTheRequest.has((await codeOf(response)) ?? "")) options.onSignedOut?.();
    },
    onError() {
      return new ApiError(0, { title: "no connection" });
    },
  };
}

/**
 * unwrap turns the {data, error} pair into a value or a thrown ApiError, which
 * is what TanStack Query wants: `queryFn: () => unwrap(api.GET("/api/v1/x"))`.
 */
export async function unwrap<T>(call: Promise<FetchResult<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw toApiError(response.status, error);
  return data as T;
}
