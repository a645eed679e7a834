import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Time } from "../../components/Time.tsx";
import { endOtherSessions, endSession, ownSessions, type OwnSession } from "../accessApi.ts";
import { browserName } from "./browserName.ts";

const key = ["me", "sessions"] as const;

function Line({ session, onEnd }: { session: OwnSession; onEnd: () => void }) {
  const { t } = useTranslation("ui");
  return (
    <Group justify="space-between" wrap="nowrap" data-testid="own-session">
      <div>
        <Group gap="xs">
          <Text fw={500}>{browserName(session.agent) || t("own.sessions.unknown")}</Text>
          {session.current && <Badge variant="light">{t("own.sessions.current")}</Badge>}
          {session.console && <Badge variant="light">{t("own.sessions.console")}</Badge>}
        </Group>
        <Text size="sm" c="dimmed">
          {session.means.map((one) => t(`own.sessions.means.${one}`)).join(" + ")} ·{" "}
          {t("own.sessions.used")} <Time at={session.used} />
        </Text>
      </div>
      {!session.current && (
        <Button variant="default" size="xs" onClick={onEnd}>
          {t("own.sessions.end")}
        </Button>
      )}
    </Group>
  );
}

/** Sessions lists where the account is signed in, and ends what should not be. */
export function Sessions() {
  const { t } = useTranslation("ui");
  const queries = useQueryClient();
  const { data } = useQuery({ queryKey: key, queryFn: ownSessions });
  const again = () => queries.invalidateQueries({ queryKey: key });
  const end = useMutation({ mutationFn: endSession, onSettled: again });
  const endOthers = useMutation({ mutationFn: endOtherSessions, onSettled: again });
  const others = (data?.length ?? 0) > 1;
  return (
    <Stack>
      {data?.map((one) => <Line key={one.id} session={one} onEnd={() => end.mutate(one.id)} />)}
      {others && (
        <Group>
          <Button variant="default" loading={endOthers.isPending} onClick={() => endOthers.mutate()}>
            {t("own.sessions.endOthers")}
          </Button>
        </Group>
      )}
    </Stack>
  );
}
