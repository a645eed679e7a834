import { Alert } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";

/** Refusal is the one place where a failed way says why. */
export function Refusal({ text }: { text: string }) {
  return (
    <Alert color="red" variant="light" icon={<IconAlertCircle aria-hidden="true" />} role="alert">
      {text}
    </Alert>
  );
}
