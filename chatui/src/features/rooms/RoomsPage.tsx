import { Box, Title } from "@mantine/core";
import { IconMessages } from "@tabler/icons-react";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { SecondaryNotice } from "@wardline/uikit/components/SecondaryNotice.tsx";
import { useTranslation } from "react-i18next";
import { RoomList } from "./RoomList.tsx";
import classes from "./RoomList.module.css";

export function RoomsPage() {
  const { t } = useTranslation("rooms");
  return (
    <div className={classes["panes"]}>
      <section className={classes["listPane"]} aria-label={t("title")}>
        <Box px="md" pt="md" pb="xs">
          <Title order={1} size="h3">
            {t("title")}
          </Title>
          <SecondaryNotice />
        </Box>
        <RoomList />
      </section>
      <div className={`${classes["roomPane"]} ${classes["second"]}`}>
        <EmptyState icon={IconMessages} title={t("choose")} />
      </div>
    </div>
  );
}
