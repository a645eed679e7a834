/** The shapes of which paths of the console are made. */
export type Json<T> = { content: { "application/json": T } };

export interface Query<Names extends string> {
  query?: { [name in Names]?: string };
}

export interface Get<T, Parameters = object> {
  get: { parameters: Parameters; responses: { 200: Json<T> } };
}

export interface Post<Body, T, Parameters = object> {
  post: { parameters: Parameters; requestBody: Json<Body>; responses: { 200: Json<T> } };
}

export interface Put<Body, T, Parameters = object> {
  put: { parameters: Parameters; requestBody: Json<Body>; responses: { 200: Json<T> } };
}

/** A call without a body; the hub answers 204 or 202. */
export interface Act<Parameters = object, T = void> {
  post: { parameters: Parameters; responses: { 200: Json<T> } };
}

/** A call that hands in a file. */
export interface Upload<T> {
  post: {
    parameters: object;
    requestBody: { content: { "multipart/form-data": FormData } };
    responses: { 200: Json<T> };
  };
}

export interface Delete<Parameters> {
  delete: { parameters: Parameters; responses: { 200: Json<void> } };
}

export interface ById {
  path: { id: string };
}

/** The revision the writer has seen; anything else answers 412. */
export interface IfMatch {
  header: { "If-Match": string };
}

export type Paged = "cursor" | "limit";
