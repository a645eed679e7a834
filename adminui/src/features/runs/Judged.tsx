import { Text } from "@mantine/core";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useTranslation } from "react-i18next";
import type { Run } from "../../api/runs.ts";
import { judgedText } from "./runText.ts";

/** Judged says who has approved, rejected or taken back what a run came to, and when. */
export function Judged({ run }: { run: Run }) {
  const { t } = useTranslation("runs");
  const text = judgedText(run, t);
  if (!run.judged || !text) return null;
  return (
    <Text size="xs" component="div" data-testid="run-judged">
      {text}, <Time at={run.judged.at} format="absolute" />
    </Text>
  );
}
