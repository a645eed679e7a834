import { Button, Paper, Text } from "@mantine/core";
import type { UseMutationResult } from "@tanstack/react-query";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useTranslation } from "react-i18next";
import type { DutyOffer } from "../../client/paths.ts";
import classes from "./Duty.module.css";
import type { DutyStep } from "./dutyApi.ts";

interface Props {
  offer: DutyOffer;
  step: UseMutationResult<void, Error, DutyStep>;
}

/** OfferCard is a colleague's question whether this person takes their duty. */
export function OfferCard({ offer, step }: Props) {
  const { t } = useTranslation("duty");
  const answer = (word: "accept" | "decline"): void => step.mutate({ do: "answer", offer: offer.id, answer: word });
  return (
    <Paper className={`wl-surface ${classes["role"]}`} data-mine="true" role="alert" data-testid="duty-offer">
      <Text fw={650}>{t("asked", { name: offer.from?.name ?? "", role: offer.role_name })}</Text>
      <Text size="sm" c="dimmed">
        <Time at={offer.at} />
      </Text>
      <div className={classes["buttons"]}>
        <Button disabled={step.isPending} onClick={() => answer("accept")} data-testid="offer-accept">
          {t("accept")}
        </Button>
        <Button variant="default" disabled={step.isPending} onClick={() => answer("decline")} data-testid="offer-decline">
          {t("decline")}
        </Button>
      </div>
    </Paper>
  );
}
