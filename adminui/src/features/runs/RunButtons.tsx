import { Button, Group, Menu, Stack } from "@mantine/core";
import { IconChevronDown, IconEye, IconFlask, IconRefresh } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { ConfirmModal } from "@wardline/uikit/components/ConfirmModal.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { PassMode } from "../../api/runs.ts";
import type { Connector } from "../../api/systems.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { useStartRun } from "./calls.ts";
import { PreviewDrawer } from "./PreviewDrawer.tsx";

/** RunButtons looks at a source, tries a pass, or makes one now. */
export function RunButtons({ connector }: { connector: Connector }) {
  const { t } = useTranslation("runs");
  const navigate = useNavigate();
  const [looking, setLooking] = useState(false);
  const [asking, setAsking] = useState(false);
  const start = useStartRun(connector.id);
  const begin = (mode: PassMode, dry: boolean): void =>
    start.mutate(
      { mode, dry },
      { onSuccess: ({ id }) => void navigate({ to: "/runs/$id", params: { id } }) },
    );
  return (
    <Stack gap="xs" mb="md">
      <Group gap="xs">
        <Button variant="default" leftSection={<IconEye size={18} aria-hidden="true" />} onClick={() => setLooking(true)} data-testid="run-preview">
          {t("start.preview")}
        </Button>
        <Button
          variant="default"
          leftSection={<IconFlask size={18} aria-hidden="true" />}
          loading={start.isPending}
          onClick={() => begin("full", true)}
          data-testid="run-dry"
        >
          {t("start.dry")}
        </Button>
        <Menu position="bottom-start">
          <Menu.Target>
            <Button
              leftSection={<IconRefresh size={18} aria-hidden="true" />}
              rightSection={<IconChevronDown size={16} aria-hidden="true" />}
              loading={start.isPending}
              data-testid="run-now"
            >
              {t("start.now")}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => begin("changes", false)} data-testid="run-changes">
              {t("start.changes")}
            </Menu.Item>
            <Menu.Item onClick={() => setAsking(true)} data-testid="run-full">
              {t("start.full")}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </Group>
      <ActionError
        error={start.error}
        codes={{ running: t("start.running"), no_source: t("start.noSource"), not_running: t("start.notRunning") }}
      />
      <ConfirmModal
        opened={asking}
        title={t("start.fullTitle")}
        confirmLabel={t("start.full")}
        pending={start.isPending}
        onConfirm={() => {
          setAsking(false);
          begin("full", false);
        }}
        onClose={() => setAsking(false)}
      >
        {t("start.fullText")}
      </ConfirmModal>
      <PreviewDrawer
        asked={looking ? { kind: connector.kind, id: connector.id, config: connector.config } : null}
        onClose={() => setLooking(false)}
      />
    </Stack>
  );
}
