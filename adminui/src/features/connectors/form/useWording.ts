import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import type { Finding, Wording } from "./validator.ts";

const known = new Set([
  "required", "pattern", "enum", "type", "minLength", "maxLength", "minimum", "maximum",
  "exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems", "uniqueItems", "format", "unknown",
]);

/** useWording says what is wrong with a value in the reader's language. */
export function useWording(): Wording {
  const { t } = useTranslation("connectors");
  return useCallback(
    ({ keyword, limit, path }: Finding) => {
      const key = known.has(keyword) ? keyword : "other";
      if (key === "pattern" && /address|addr$/.test(path.at(-1) ?? "")) return t("wrong.address");
      const shown = Array.isArray(limit) ? limit.join(", ") : String(limit ?? "");
      return t(`wrong.${key}`, { limit: key === "type" ? t(`type.${shown}`, { defaultValue: shown }) : shown });
    },
    [t],
  );
}
