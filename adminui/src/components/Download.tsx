import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { toApiError } from "@wardline/uikit/api/problem.ts";
import { IconDownload } from "@tabler/icons-react";
import { sessionEnded } from "../api.ts";
import { ActionError } from "./ActionError.tsx";

interface Props {
  /** Below /api/v1, with its query. */
  path: string;
  label: string;
  "data-testid"?: string;
}

const named = /filename="?([^";]+)"?/;

/** save hands a file to the browser; a refusal is an error here, not a file with JSON in it. */
async function save(path: string): Promise<void> {
  const answer = await fetch(`/api/v1${path}`, { credentials: "same-origin" });
  if (answer.status === 401) sessionEnded();
  if (!answer.ok) throw toApiError(answer.status, await answer.json().catch(() => null));
  const address = URL.createObjectURL(await answer.blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = named.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "wardline";
  link.click();
  URL.revokeObjectURL(address);
}

/** Download is a button that saves a file of the hub. */
export function Download({ path, label, ...rest }: Props) {
  const run = useMutation({ mutationFn: () => save(path) });
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconDownload size={18} aria-hidden="true" />}
        loading={run.isPending}
        onClick={() => run.mutate()}
        {...rest}
      >
        {label}
      </Button>
      <ActionError error={run.error} />
    </>
  );
}
