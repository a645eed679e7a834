/**
 * Draft is a configuration while it is edited. It is a JsonObject; @rjsf's error types
 * recurse over the fields of their data and never end on a type that recurses too.
 */
export type Draft = Record<string, unknown>;
