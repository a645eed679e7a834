import { Center, Group, Paper, Stack, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { AppLogo } from "./AppLogo.tsx";
import { ColorSchemeToggle } from "./ColorSchemeToggle.tsx";
import { LanguageToggle } from "./LanguageToggle.tsx";

interface Props {
  suffix?: string;
  title: string;
  children: ReactNode;
  /** Below the card, such as a link to the other page or a notice. */
  footer?: ReactNode;
}

/** SignInCard is the frame of the pages for people who are not signed in. */
export function SignInCard({ suffix, title, children, footer }: Props) {
  return (
    <Center mih="100dvh" p="md" component="main">
      <Stack w="100%" maw={420}>
        <Group justify="space-between" wrap="nowrap">
          <AppLogo size={44} {...(suffix ? { suffix } : {})} />
          <Group gap={4} wrap="nowrap">
            <LanguageToggle />
            <ColorSchemeToggle />
          </Group>
        </Group>
        <Paper className="wl-surface" p="lg" shadow="xs">
          <Title order={1} size="h3" mb="md">
            {title}
          </Title>
          {children}
        </Paper>
        {footer}
      </Stack>
    </Center>
  );
}
