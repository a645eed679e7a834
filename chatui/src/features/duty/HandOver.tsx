import { Button, Modal, Stack, Text } from "@mantine/core";
import type { UseMutationResult } from "@tanstack/react-query";
import { PagePending } from "@wardline/uikit/components/PagePending.tsx";
import { useTranslation } from "react-i18next";
import type { DutyRole } from "../../client/paths.ts";
import { useColleagues, type DutyStep } from "./dutyApi.ts";

interface Props {
  role: DutyRole | null;
  step: UseMutationResult<void, Error, DutyStep>;
  onClose: () => void;
}

/** HandOver asks which colleague is to take the duty. */
export function HandOver({ role, step, onClose }: Props) {
  const { t } = useTranslation("duty");
  const { data, isLoading } = useColleagues(role?.id ?? null);
  const offer = (to: string): void => {
    if (role) step.mutate({ do: "offer", role: role.id, to });
    onClose();
  };
  return (
    <Modal
      opened={role !== null}
      onClose={onClose}
      title={t("giveTitle", { role: role?.name ?? "" })}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <Stack>
        <Text>{t("giveHint")}</Text>
        {isLoading && <PagePending />}
        {data?.length === 0 && <Text>{t("noColleagues")}</Text>}
        {data?.map(({ user_id, name }) => (
          <Button key={user_id} variant="default" size="lg" onClick={() => offer(user_id)} data-testid="colleague">
            {name}
          </Button>
        ))}
      </Stack>
    </Modal>
  );
}
