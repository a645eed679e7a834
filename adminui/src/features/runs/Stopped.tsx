import { Box, Text } from "@mantine/core";
import { IconHandStop } from "@tabler/icons-react";
import { Note } from "@wardline/uikit/components/Note.tsx";
import { useTranslation } from "react-i18next";
import type { Run } from "../../api/runs.ts";
import { limitsText, reasonText } from "../plans/planText.ts";

const texts = { dry: "dryHeld", held: "heldHint" } as const;

/** Stopped says why the brake has stopped a run or, of a dry run, would stop it. */
export function Stopped({ run: { state, reason } }: { run: Pick<Run, "state" | "reason"> }) {
  const { t } = useTranslation("runs");
  const { t: say } = useTranslation("plans");
  if (!reason || (state !== "dry" && state !== "held")) return null;
  return (
    <Box mb="sm">
      <Note kind="warn" icon={<IconHandStop size={20} />} role="status" data-testid="run-stopped">
        <Text fw={600}>{t(texts[state])}</Text>
        <Text size="sm">
          {reasonText(reason, say)} {limitsText(reason, say)}
        </Text>
      </Note>
    </Box>
  );
}
