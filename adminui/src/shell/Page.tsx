import { Anchor, Group, Stack, Text, Title } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

interface Props {
  title: string;
  intro?: string;
  /** Buttons at the right of the title. */
  actions?: ReactNode;
  /** The list this page's thing is from. */
  back?: LinkProps["to"];
  children: ReactNode;
}

/** Page gives every page of the console its one heading. */
export function Page({ title, intro, actions, back, children }: Props) {
  const { t } = useTranslation();
  return (
    <Stack gap="md">
      <Group justify="space-between" align="flex-start">
        <div style={{ minWidth: 0 }}>
          {back && (
            <Anchor size="sm" renderRoot={(props) => <Link {...props} to={back} />}>
              <IconArrowLeft size={14} aria-hidden="true" /> {t("back")}
            </Anchor>
          )}
          <Title order={1} size="h2">
            {title}
          </Title>
          {intro && (
            <Text c="dimmed" maw={720}>
              {intro}
            </Text>
          )}
        </div>
        {actions}
      </Group>
      {children}
    </Stack>
  );
}
