/** Problem is the error body of the hub (RFC 9457, application/problem+json). */
export interface Problem {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  /** Stable word of ours, such as "not_found"; the UI translates it. */
  code?: string;
  request_id?: string;
  errors?: { location?: string; message?: string }[];
}

/** ApiError is thrown for every answer that is not 2xx, and for no answer (status 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly problem: Problem;

  constructor(status: number, problem: Problem) {
    super(problem.detail ?? problem.title ?? `HTTP ${status}`);
    this.name = "ApiError";
    this.status = status;
    this.problem = problem;
  }

  /** True when trying again later can help: no network, overload, restart. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** toApiError reads what the server sent; a proxy's HTML page gives an empty problem. */
export function toApiError(status: number, body: unknown): ApiError {
  return new ApiError(status, isObject(body) ? (body as Problem) : {});
}
