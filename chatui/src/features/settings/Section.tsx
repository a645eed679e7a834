import { Paper, Stack, Title } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  title: string;
  testId: string;
  children: ReactNode;
}

export function Section({ title, testId, children }: Props) {
  return (
    <Paper component="section" className="wl-surface" p="md" aria-label={title} data-testid={testId}>
      <Stack gap="sm">
        <Title order={2} size="h5">
          {title}
        </Title>
        {children}
      </Stack>
    </Paper>
  );
}
