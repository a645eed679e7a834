import { Alert, Button, Modal, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconLogout } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { errorKey } from "@wardline/uikit/components/errorText.ts";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../auth/ClientProvider.tsx";
import { useDuties } from "../duty/dutyApi.ts";
import { Section } from "./Section.tsx";

/** SignOutSection warns whoever is still on duty: no session, no alarms. */
export function SignOutSection() {
  const { t } = useTranslation("settings");
  const { leave } = useClient();
  const { data } = useDuties();
  const [asking, setAsking] = useState(false);
  const run = useMutation({ mutationFn: leave });
  const onDuty = data?.roles.filter(({ mine }) => mine).map(({ name }) => name) ?? [];
  return (
    <Section title={t("out.title")} testId="settings-signout">
      <Button
        variant="default"
        leftSection={<IconLogout size={20} />}
        onClick={() => setAsking(true)}
        data-testid="sign-out"
      >
        {t("out.signOut")}
      </Button>
      <Modal
        opened={asking}
        onClose={() => setAsking(false)}
        title={t("out.title")}
        closeButtonProps={{ "aria-label": t("out.close") }}
      >
        <Stack>
          {onDuty.length > 0 && (
            <Alert color="orange.9" icon={<IconAlertTriangle />} role="alert">
              {t("out.onDuty", { names: onDuty.join(", ") })}
            </Alert>
          )}
          {run.error && <Text c="var(--mantine-color-error)">{t(errorKey(run.error), { ns: "ui" })}</Text>}
          <Text>{t("out.hint")}</Text>
          <Button onClick={() => run.mutate(false)} loading={run.isPending} data-testid="sign-out-keep">
            {t("out.signOut")}
          </Button>
          <Text size="sm" c="dimmed">
            {t("out.forgetHint")}
          </Text>
          <Button variant="default" onClick={() => run.mutate(true)} disabled={run.isPending} h="auto" mih={48} styles={{ label: { whiteSpace: "normal" } }} data-testid="sign-out-forget">
            {t("out.forget")}
          </Button>
        </Stack>
      </Modal>
    </Section>
  );
}
