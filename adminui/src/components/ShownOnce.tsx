import { Alert, Button, Code, CopyButton, Group, Stack, Text } from "@mantine/core";
import { IconCheck, IconCopy, IconPrinter } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

interface Props {
  /** A code or token that nobody can look up again. */
  secret: string;
  hint: string;
  printable?: boolean;
}

// As large as fits into one line of a phone.
function sizeOf(secret: string): number | string {
  if (secret.length > 24) return "md";
  return secret.length > 16 ? 22 : 28;
}

/** ShownOnce displays a secret large, with buttons to copy and print it. */
export function ShownOnce({ secret, hint, printable = false }: Props) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      <Alert color="orange" variant="light">
        <Text size="sm" c="var(--mantine-color-text)">
          {hint}
        </Text>
      </Alert>
      <Code block fz={sizeOf(secret)} ta="center" data-testid="code-display" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
        {secret}
      </Code>
      <Group justify="center">
        <CopyButton value={secret}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              leftSection={copied ? <IconCheck size={18} /> : <IconCopy size={18} />}
              onClick={copy}
              data-testid="code-copy"
            >
              {t(copied ? "copied" : "copy")}
            </Button>
          )}
        </CopyButton>
        {printable && (
          <Button
            variant="default"
            leftSection={<IconPrinter size={18} />}
            onClick={() => window.print()}
          >
            {t("print")}
          </Button>
        )}
      </Group>
    </Stack>
  );
}
