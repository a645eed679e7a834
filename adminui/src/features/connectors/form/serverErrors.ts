import { toErrorSchema, type ErrorSchema } from "@rjsf/utils";
import { ApiError } from "@wardline/uikit/api/problem.ts";
import type { Draft } from "./draft.ts";
import type { Finding, Wording } from "./validator.ts";

/** ServerErrors is a 422 taken apart. */
export interface ServerErrors {
  /** At fields of the configuration. */
  config: ErrorSchema<Draft>;
  /** At the fields around it, by name. */
  around: Record<string, string>;
  /** At no field that is on the screen. */
  rest: string[];
}

// What the hub's own check of the same schema says, and the keyword it means.
const sentences: [RegExp, string][] = [
  [/match pattern (.+)$/, "pattern"],
  [/one of "(.+)"$/, "enum"],
  [/length >= (\d+)/, "minLength"],
  [/length <= (\d+)/, "maxLength"],
  [/number >= (-?\d+)/, "minimum"],
  [/number <= (-?\d+)/, "maximum"],
  [/array length >= (\d+)/, "minItems"],
  [/expected (string|number|integer|boolean|array|object)$/, "type"],
  [/unexpected property/, "unknown"],
  [/required property/, "required"],
];

function worded(message: string, path: string[], say: Wording): string {
  for (const [pattern, keyword] of sentences) {
    const found = pattern.exec(message);
    if (found) return say({ path, keyword, limit: limitOf(keyword, found[1]) } satisfies Finding);
  }
  return message;
}

function limitOf(keyword: string, text: string | undefined): Finding["limit"] {
  return keyword === "enum" ? (text?.split(", ") ?? []) : text;
}

/** pathOf splits "body.config.peers[0].port" into names and indices. */
function pathOf(location: string): string[] {
  return location.replaceAll(/\[(\d+)\]/g, ".$1").split(".").filter(Boolean);
}

/** serverErrors sorts what the hub found wrong to the fields it is about. */
export function serverErrors(error: Error | null, say: Wording): ServerErrors {
  const sorted: ServerErrors = { config: {}, around: {}, rest: [] };
  if (!(error instanceof ApiError) || error.status !== 422) return sorted;
  const inConfig: { property: string; message: string }[] = [];
  for (const { location = "", message = "" } of error.problem.errors ?? []) {
    const [first = "", ...others] = pathOf(location.replace(/^body\.?/, ""));
    const text = worded(message, others, say);
    if (first === "config" && others.length > 0) {
      inConfig.push({ property: others.map((part) => `.${part}`).join(""), message: text });
    } else if (first === "name" || first === "comment") {
      sorted.around[first] = text;
    } else {
      sorted.rest.push(text);
    }
  }
  sorted.config = toErrorSchema<Draft>(
    inConfig.map((entry) => ({ ...entry, stack: entry.message })),
  );
  return sorted;
}
