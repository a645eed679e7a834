import type { UiSchema } from "@rjsf/utils";
import type { Json, JsonObject } from "../../../api/systems.ts";
import { follow, propertiesOf } from "./schema.ts";
import type { FieldTexts } from "./texts.ts";

function orderOf(schema: JsonObject): string[] {
  const order = schema["x-order"];
  const names = Array.isArray(order) ? order.filter((name) => typeof name === "string") : [];
  const known = new Set(propertiesOf(schema).map(([name]) => name));
  return [...names.filter((name) => known.has(name)), "*"];
}

function widgetOf(schema: JsonObject, items: JsonObject): UiSchema {
  if (schema["writeOnly"] === true) return { "ui:widget": "secret" };
  if (schema["type"] === "array" && items["type"] === "string") return { "ui:widget": "words" };
  return {};
}

/** uiSchemaOf says how a configuration's schema is drawn: words, order and widgets. */
export function uiSchemaOf(root: JsonObject, texts: FieldTexts): UiSchema {
  const object = (schema: JsonObject, prefix: string): UiSchema => {
    const ui: UiSchema = { "ui:order": orderOf(schema) };
    for (const [name, property] of propertiesOf(schema)) ui[name] = field(property, prefix + name);
    return ui;
  };
  const field = (property: Json, path: string): UiSchema => {
    const schema = follow(property, root);
    const items = follow(schema["items"], root);
    // A description beside a $ref belongs to this use of what it names.
    const own = typeof property === "object" && property !== null && !Array.isArray(property);
    const help = texts.help(path, (own ? property["description"] : undefined) ?? schema["description"]);
    const label = texts.label(path);
    return {
      ...object(schema, `${path}.`),
      ...widgetOf(schema, items),
      "ui:title": label,
      // A blank keeps @rjsf from falling back to the two-language text of the schema.
      "ui:description": help || " ",
      ...(Array.isArray(schema["enum"])
        ? { "ui:enumNames": schema["enum"].map((value) => texts.choice(path, String(value))) }
        : {}),
      ...(items["properties"] ? { items: { ...object(items, `${path}.`), "ui:title": texts.entry } } : {}),
    };
  };
  return { ...object(root, ""), "ui:submitButtonOptions": { norender: true } };
}
