import { Switch } from "@mantine/core";
import { ConfirmModal } from "@wardline/uikit/components/ConfirmModal.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Connector } from "../../api/systems.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { useSave } from "./calls.ts";

/** EnabledSwitch turns a connector on at once and off after a question. */
export function EnabledSwitch({ connector }: { connector: Connector }) {
  const { t } = useTranslation("connectors");
  const [asking, setAsking] = useState(false);
  const save = useSave();
  const set = (enabled: boolean): void => {
    const { name, config } = connector;
    const comment = t(enabled ? "commentOn" : "commentOff");
    save.mutate(
      { base: connector, kind: connector.kind, body: { name, config, enabled, comment } },
      { onSuccess: () => setAsking(false) },
    );
  };
  return (
    <>
      <Switch
        checked={connector.enabled}
        disabled={save.isPending}
        onChange={(change) => (change.currentTarget.checked ? set(true) : setAsking(true))}
        aria-label={t("enabledOf", { name: connector.name })}
        data-testid="connector-enabled"
      />
      {!asking && <ActionError error={save.error} codes={{ stale: t("stale") }} />}
      <ConfirmModal
        opened={asking}
        title={t("disableTitle", { name: connector.name })}
        confirmLabel={t("disable")}
        dangerous
        pending={save.isPending}
        onConfirm={() => set(false)}
        onClose={() => setAsking(false)}
      >
        {t("disableText")}
        <ActionError error={save.error} codes={{ stale: t("stale") }} />
      </ConfirmModal>
    </>
  );
}
