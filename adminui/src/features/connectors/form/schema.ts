import type { Json, JsonObject } from "../../../api/systems.ts";

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** follow gives what a schema stands for: itself, or what its $ref names in the root. */
export function follow(schema: Json | undefined, root: JsonObject): JsonObject {
  if (!isObject(schema)) return {};
  const ref = schema["$ref"];
  if (typeof ref !== "string") return schema;
  let found: Json | undefined = root;
  for (const part of ref.replace(/^#\/?/, "").split("/")) {
    found = isObject(found) ? found[part] : undefined;
  }
  return follow(found, root);
}

export function propertiesOf(schema: JsonObject): [string, Json][] {
  const properties = schema["properties"];
  return isObject(properties) ? Object.entries(properties) : [];
}

/** secretPaths lists the dotted paths of the fields that never come back from the hub. */
export function secretPaths(root: JsonObject): string[] {
  const found: string[] = [];
  const walk = (schema: JsonObject, prefix: string): void => {
    for (const [name, property] of propertiesOf(schema)) {
      const below = follow(property, root);
      if (below["writeOnly"] === true) found.push(prefix + name);
      else walk(below, `${prefix}${name}.`);
    }
  };
  walk(root, "");
  return found;
}

/** dropEmptySecrets removes "" at secret paths: it means "clear" and is not a value to check. */
export function dropEmptySecrets(config: JsonObject, paths: readonly string[]): JsonObject {
  const copy = structuredClone(config);
  for (const path of paths) {
    const parts = path.split(".");
    const last = parts.pop() ?? "";
    let parent: Json | undefined = copy;
    for (const part of parts) parent = isObject(parent) ? parent[part] : undefined;
    if (isObject(parent) && (parent[last] === "" || parent[last] === null)) delete parent[last];
  }
  return copy;
}

/** withDefaults fills in what a stored configuration leaves out, as the hub does before it runs it. */
export function withDefaults(defaults: JsonObject, config: JsonObject = {}): JsonObject {
  const filled: JsonObject = { ...defaults };
  for (const [name, value] of Object.entries(config)) {
    const base = filled[name];
    filled[name] = isObject(value) && isObject(base) ? withDefaults(base, value) : value;
  }
  return filled;
}
