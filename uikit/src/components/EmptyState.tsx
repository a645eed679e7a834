import { Stack, Text, ThemeIcon, Title } from "@mantine/core";
import type { Icon } from "@tabler/icons-react";
import type { ReactNode } from "react";

interface Props {
  icon: Icon;
  title: string;
  /** What the reader can do about it. */
  hint?: string;
  action?: ReactNode;
}

/** EmptyState fills a page or panel in which there is nothing yet. */
export function EmptyState({ icon: Symbol, title, hint, action }: Props) {
  return (
    <Stack align="center" gap="sm" py="xl" px="md" ta="center">
      <ThemeIcon size={56} radius="xl" variant="light">
        <Symbol size={28} />
      </ThemeIcon>
      <Title order={2} size="h4">
        {title}
      </Title>
      {hint && (
        <Text c="dimmed" maw={460}>
          {hint}
        </Text>
      )}
      {action}
    </Stack>
  );
}
