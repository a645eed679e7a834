import { Button, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { IconCloudOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../api/problem.ts";
import { errorKey } from "./errorText.ts";

interface Props {
  /** Whatever was thrown. */
  error: unknown;
  onRetry?: () => void;
}

/** ErrorState says what failed in the reader's words and offers to try again. */
export function ErrorState({ error, onRetry }: Props) {
  const { t } = useTranslation("ui");
  const id = error instanceof ApiError ? error.problem.request_id : undefined;
  return (
    <Stack align="center" gap="sm" py="xl" px="md" ta="center" role="alert">
      <ThemeIcon size={56} radius="xl" variant="light" color="red">
        <IconCloudOff size={28} />
      </ThemeIcon>
      <Title order={2} size="h4">
        {t("error.title")}
      </Title>
      <Text c="dimmed" maw={460}>
        {t(errorKey(error))}
      </Text>
      {id && (
        <Text size="sm" c="dimmed" className="wl-tabular">
          {t("error.requestId", { id })}
        </Text>
      )}
      {onRetry && <Button onClick={onRetry}>{t("retry")}</Button>}
    </Stack>
  );
}
