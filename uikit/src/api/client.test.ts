import { describe, expect, it, vi } from "vitest";
import { createApi, unwrap } from "./client.ts";
import { ApiError } from "./problem.ts";

interface Paths {
  "/api/v1/thing": {
    get: { responses: { 200: { content: { "application/json": { name: string } } } } };
  };
}

function answering(response: Response, onSignedOut?: () => void) {
  return createApi<Paths>({
    fetch: () => Promise.resolve(response),
    ...(onSignedOut ? { onSignedOut } : {}),
  });
}

function problem(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "Content-Type": "application/problem+json" },
  });
}

async function failure(call: Promise<unknown>): Promise<ApiError> {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiError)) throw new Error("no ApiError was thrown");
  return error;
}

describe("unwrap", () => {
  it("gives the body of a 200", async () => {
    const api = answering(Response.json({ name: "4B" }));
    expect(await unwrap(api.GET("/api/v1/thing"))).toEqual({ name: "4B" });
  });

  it("throws what problem+json says", async () => {
    const api = answering(problem(409, { title: "Conflict", code: "stale", request_id: "r-1" }));
    const error = await failure(unwrap(api.GET("/api/v1/thing")));
    expect(error).toMatchObject({ status: 409, problem: { code: "stale", request_id: "r-1" } });
    expect(error.passing).toBe(false);
  });

  it("survives a proxy's HTML page", async () => {
    const api = answering(new Response("<h1>Bad gateway</h1>", { status: 502 }));
    const error = await failure(unwrap(api.GET("/api/v1/thing")));
    expect(error).toMatchObject({ status: 502, passing: true });
  });

  it("throws for an error without a body", async () => {
    const empty = new Response(null, { status: 403, headers: { "Content-Length": "0" } });
    const error = await failure(unwrap(answering(empty).GET("/api/v1/thing")));
    expect(error.status).toBe(403);
  });

  it("tells that the network is away", async () => {
    const api = createApi<Paths>({ fetch: () => Promise.reject(new TypeError("failed")) });
    const error = await failure(unwrap(api.GET("/api/v1/thing")));
    expect(error).toMatchObject({ status: 0, passing: true });
  });

  it("reports the end of the session", async () => {
    const onSignedOut = vi.fn();
    await failure(unwrap(answering(problem(401, {}), onSignedOut).GET("/api/v1/thing")));
    expect(onSignedOut).toHaveBeenCalledOnce();
  });

  it("does not take a wrong password for the end of the session", async () => {
    const onSignedOut = vi.fn();
    const wrong = problem(401, { code: "wrong" });
    await failure(unwrap(answering(wrong, onSignedOut).GET("/api/v1/thing")));
    expect(onSignedOut).not.toHaveBeenCalled();
  });
});
