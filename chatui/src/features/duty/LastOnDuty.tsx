import { ConfirmModal } from "@wardline/uikit/components/ConfirmModal.tsx";
import { useTranslation } from "react-i18next";
import type { DutyRole } from "../../client/paths.ts";

interface Props {
  role: DutyRole | null;
  onRelease: () => void;
  onClose: () => void;
}

/** LastOnDuty warns that nobody would be left to get the calls. */
export function LastOnDuty({ role, onRelease, onClose }: Props) {
  const { t } = useTranslation("duty");
  return (
    <ConfirmModal
      opened={role !== null}
      title={t("lastTitle")}
      confirmLabel={t("lastConfirm")}
      dangerous
      onConfirm={onRelease}
      onClose={onClose}
    >
      {t("lastHint", { role: role?.name ?? "" })}
    </ConfirmModal>
  );
}
