import { IconMessages } from "@tabler/icons-react";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { useTranslation } from "react-i18next";
import { useChat } from "../../chat/useChat.ts";
import { LinkPanel } from "../linking/LinkPanel.tsx";
import { RoomList } from "./RoomList.tsx";
import classes from "./RoomList.module.css";

export function RoomsPage() {
  const { t } = useTranslation("rooms");
  const link = useChat((state) => state.link);
  return (
    <div className={classes["panes"]}>
      <section className={classes["listPane"]} aria-label={t("title")}>
        <RoomList page />
      </section>
      <div className={`${classes["roomPane"]} ${classes["second"]}`}>
        {link.step === "pending" ? <LinkPanel link={link} /> : <EmptyState icon={IconMessages} title={t("choose")} />}
      </div>
    </div>
  );
}
