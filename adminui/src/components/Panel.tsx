import { Box, Group, Title } from "@mantine/core";
import { useId, type ReactNode } from "react";

interface Props {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
}

/** Panel is a titled part of a page; screen readers find it by its title. */
export function Panel({ title, actions, children }: Props) {
  const id = useId();
  return (
    <Box component="section" className="wl-surface" p="md" aria-labelledby={id} miw={0}>
      <Group justify="space-between" mb="sm" gap="xs">
        <Title order={2} size="h4" id={id}>
          {title}
        </Title>
        {actions}
      </Group>
      {children}
    </Box>
  );
}
