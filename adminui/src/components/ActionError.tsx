import { Alert } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import { ApiError } from "@wardline/uikit/api/problem.ts";
import { errorKey } from "@wardline/uikit/components/errorText.ts";
import { useTranslation } from "react-i18next";

interface Props {
  error: Error | null;
  /** Words for codes of this action, such as {"decided": "Schon entschieden."}. */
  codes?: Record<string, string>;
}

/** ActionError says beside a button why what it did failed. Nothing without an error. */
export function ActionError({ error, codes = {} }: Props) {
  const { t } = useTranslation("ui");
  if (!error) return null;
  const problem = error instanceof ApiError ? error.problem : {};
  return (
    <Alert
      color="red"
      variant="light"
      icon={<IconAlertCircle aria-hidden="true" />}
      role="alert"
      data-testid="action-error"
    >
      {codes[problem.code ?? ""] ?? t(errorKey(error))}
      {problem.request_id && (
        <div className="wl-tabular">{t("error.requestId", { id: problem.request_id })}</div>
      )}
    </Alert>
  );
}
