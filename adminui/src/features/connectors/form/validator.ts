import { Validator, type OutputUnit, type Schema } from "@cfworker/json-schema";
import {
  toErrorSchema,
  type RJSFSchema,
  type RJSFValidationError,
  type ValidatorType,
} from "@rjsf/utils";
import type { Json, JsonObject } from "../../../api/systems.ts";
import type { Draft } from "./draft.ts";
import { dropEmptySecrets, follow, isObject, secretPaths } from "./schema.ts";

/** Finding is one rule of the schema that a value breaks. */
export interface Finding {
  /** Names and indices from the top of the configuration. */
  path: string[];
  keyword: string;
  /** What the schema says under the keyword: a number, a pattern, a list. */
  limit: Json | undefined;
}

/** Says a finding in the reader's language. */
export type Wording = (finding: Finding) => string;

// These only say that something below them is wrong.
const containers = new Set(["properties", "items", "$ref", "additionalProperties", "allOf", "prefixItems"]);

function parts(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~"));
}

function limitAt(pointer: string, root: JsonObject): Json | undefined {
  let found: Json | undefined = root;
  for (const part of parts(pointer)) {
    if (part === "$ref") found = follow(found, root);
    else if (isObject(found)) found = found[part];
    else if (Array.isArray(found)) found = found[Number(part)];
    else return undefined;
  }
  return found;
}

function schemaAt(path: readonly string[], root: JsonObject): JsonObject {
  let found = root;
  for (const part of path) {
    const properties = found["properties"];
    const below: Json | undefined = isObject(properties) ? properties[part] : undefined;
    found = follow(below ?? found["items"], root);
  }
  return found;
}

/** A list of plain words is one field of the form; what is wrong inside it is said there. */
function fieldOf(path: string[], root: JsonObject): string[] {
  const parent = path.slice(0, -1);
  const list = schemaAt(parent, root);
  const items = follow(list["items"], root);
  return list["type"] === "array" && items["type"] === "string" ? parent : path;
}

function findingOf(unit: OutputUnit, root: JsonObject): Finding | null {
  const path = parts(unit.instanceLocation);
  const named = /"([^"]+)"/.exec(unit.error)?.[1];
  if (unit.keyword === "additionalProperties" && named) {
    return { path: [...path, named], keyword: "unknown", limit: undefined };
  }
  if (unit.keyword === "false" || containers.has(unit.keyword)) return null;
  const limit = limitAt(unit.keywordLocation, root);
  if (unit.keyword === "required") {
    return { path: [...path, named ?? ""], keyword: "required", limit: undefined };
  }
  return { path: fieldOf(path, root), keyword: unit.keyword, limit };
}

/**
 * findings checks a configuration. @cfworker/json-schema interprets the schema; a
 * validator that compiles it (ajv) would be refused by the CSP and would then, in
 * silence, accept everything.
 */
export function findings(schema: JsonObject, config: JsonObject): Finding[] {
  const checked = dropEmptySecrets(config, secretPaths(schema));
  const { errors } = new Validator(schema as Schema, "2020-12", false).validate(checked);
  const seen = new Set<string>();
  return errors
    .map((unit) => findingOf(unit, schema))
    .filter((finding): finding is Finding => {
      if (!finding) return false;
      const key = `${finding.path.join("/")} ${finding.keyword}`;
      return !seen.has(key) && Boolean(seen.add(key));
    });
}

function asFormError(finding: Finding, say: Wording): RJSFValidationError {
  const message = say(finding);
  const property = finding.path.map((part) => `.${part}`).join("");
  return { name: finding.keyword, property, message, stack: message };
}

/** createValidator gives @rjsf what it needs; only the wording knows a language. */
export function createValidator(say: Wording): ValidatorType<Draft, RJSFSchema> {
  const check = (schema: RJSFSchema, config: Draft | undefined) =>
    findings(schema as JsonObject, (config ?? {}) as JsonObject);
  return {
    validateFormData(config, schema) {
      const errors = check(schema, config).map((finding) => asFormError(finding, say));
      return { errors, errorSchema: toErrorSchema<Draft>(errors) };
    },
    isValid(schema, config, root) {
      const whole = { ...schema, $defs: root["$defs"] as object | undefined } as Schema;
      return new Validator(whole, "2020-12").validate(config).valid;
    },
    rawValidation<Result>(schema: RJSFSchema, config?: Draft) {
      return { errors: check(schema, config) as Result[] };
    },
  };
}
