import { Alert, Stack, Text, Title } from "@mantine/core";
import { IconUserCheck } from "@tabler/icons-react";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { ErrorState } from "@wardline/uikit/components/ErrorState.tsx";
import { errorKey } from "@wardline/uikit/components/errorText.ts";
import { PagePending } from "@wardline/uikit/components/PagePending.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { DutyRole } from "../../client/paths.ts";
import { isLast, useDuties, useDutyStep } from "./dutyApi.ts";
import { HandOver } from "./HandOver.tsx";
import { LastOnDuty } from "./LastOnDuty.tsx";
import { OfferCard } from "./OfferCard.tsx";
import { RoleCard } from "./RoleCard.tsx";

/** DutyPage: take duty, hand it over, release it. Whoever gives stays on duty until the other has accepted. */
export function DutyPage() {
  const { t } = useTranslation("duty");
  const { data, error, refetch } = useDuties();
  const step = useDutyStep();
  const [giving, setGiving] = useState<DutyRole | null>(null);

  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <PagePending />;
  const asked = step.variables;
  const last = isLast(step.error) && asked?.do === "release" ? asked.role : null;
  // Own duties first: they are what this page is opened for at the end of a shift.
  const roles = [...data.roles].sort((a, b) => Number(b.mine) - Number(a.mine) || a.name.localeCompare(b.name, "de"));

  return (
    <Stack p="md" gap="md" maw={760} mx="auto">
      <Title order={1} size="h3">
        {t("title")}
      </Title>
      <Text c="dimmed">{t("intro")}</Text>
      {step.error && !last && (
        <Alert color="red" role="alert">
          {t(errorKey(step.error), { ns: "ui" })}
        </Alert>
      )}
      {data.toMe.map((offer) => (
        <OfferCard key={offer.id} offer={offer} step={step} />
      ))}
      {roles.length === 0 && <EmptyState icon={IconUserCheck} title={t("empty.title")} hint={t("empty.hint")} />}
      {roles.map((role) => (
        <RoleCard
          key={role.id}
          role={role}
          offer={data.byMe.find(({ role_id }) => role_id === role.id) ?? null}
          step={step}
          onGive={() => setGiving(role)}
        />
      ))}
      <HandOver role={giving} step={step} onClose={() => setGiving(null)} />
      <LastOnDuty
        role={roles.find(({ id }) => id === last) ?? null}
        onRelease={() => last && step.mutate({ do: "release", role: last, force: true })}
        onClose={() => step.reset()}
      />
    </Stack>
  );
}
