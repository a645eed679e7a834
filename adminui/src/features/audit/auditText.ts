import type { AuditLine, Json } from "../../api/systems.ts";

const places = {
  connector: "/connectors/$id",
  message: "/messages/$id",
  person: "/persons/$id",
  plan: "/plans/$id",
} as const;

/** objectPlace is where the thing an act was done to can be seen; acts are "connector.save". */
export function objectPlace({ act, object }: AuditLine): (typeof places)[keyof typeof places] | null {
  const [noun = ""] = act.split(".");
  const gone = act.endsWith(".delete");
  return object && !gone && noun in places ? places[noun as keyof typeof places] : null;
}

/** dataText writes the codes and numbers of a line as "revision: 2, port: 2575". */
export function dataText(data: Record<string, Json> | undefined): string {
  return Object.entries(data ?? {})
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
}
