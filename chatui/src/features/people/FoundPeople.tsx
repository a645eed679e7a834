import { Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./People.module.css";
import { PeopleList } from "./PeopleList.tsx";
import { useOpenDirect } from "./useOpen.ts";
import { usePeople } from "./usePeople.ts";

/** FoundPeople stands below the chats that were found: one search for both. */
export function FoundPeople({ query }: { query: string }) {
  const { t } = useTranslation("people");
  const found = usePeople(query);
  const open = useOpenDirect();
  return (
    <section aria-label={t("people")} data-testid="found-people">
      <Title order={3} size="h6" className={classes["heading"] ?? ""}>
        {t("people")}
      </Title>
      <PeopleList found={found} label={t("people")} busy={open.isPending} onPick={({ id }) => open.mutate(id)} />
    </section>
  );
}
