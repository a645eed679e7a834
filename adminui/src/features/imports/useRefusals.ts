import { ApiError } from "@wardline/uikit/api/problem.ts";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { hubText } from "../connectors/hubText.ts";
import { faultText } from "../runs/runText.ts";

const refusable = [
  "encoding",
  "too_large",
  "too_many_columns",
  "empty_header",
  "malformed",
  "formula",
  "no_key_column",
  "pdf",
  "calendar",
  "old_excel",
  "no_table",
  "time_limit",
  "running",
];

/** refusalText is why the hub does not take a file, and where in it, as far as there are words for that. */
export function refusalText(name: string, error: Error | null, t: TFunction<"runs">): string {
  const text = faultText(name, t);
  const problem = error instanceof ApiError ? error.problem : {};
  const where = problem.code === name ? (problem.errors?.[0]?.message ?? "") : "";
  const said = hubText(where, t);
  return said === where ? text : `${text} ${said}`;
}

/** useRefusals are the words for files the hub does not take, by code, for the answer there is. */
export function useRefusals(error: Error | null): Record<string, string> {
  const { t } = useTranslation("runs");
  return Object.fromEntries(refusable.map((name) => [name, refusalText(name, error, t)]));
}

/** refusedFile names an answer after what is wrong with the file, where only its status says so. */
export function refusedFile(error: Error | null): Error | null {
  if (!(error instanceof ApiError) || error.problem.code) return error;
  const code = { 413: "too_large", 415: "malformed" }[error.status];
  return code ? new ApiError(error.status, { ...error.problem, code }) : error;
}
