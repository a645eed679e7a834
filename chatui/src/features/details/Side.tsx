import { ActionIcon, Title } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconArrowLeft, IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import classes from "./Details.module.css";

interface Props {
  title: string;
  /** The room it belongs to. */
  room: string;
  /** Where "back" leads: to the details, or closes the pane. */
  back: "details" | "close";
  children: ReactNode;
}

/** Side is the frame of everything that stands beside a conversation. */
export function Side({ title, room, back, children }: Props) {
  const { t } = useTranslation("details");
  // Over the conversation it is the page, and its heading the first.
  const narrow = useMediaQuery("(max-width: 79.99em)", false, { getInitialValueInEffect: false });
  const to = back === "close" ? `/chat/${room}` : `/chat/${room}/details`;
  return (
    <section className={classes["pane"]} aria-label={title} data-testid="side">
      <div className={classes["head"]}>
        <ActionIcon component={Link} to={to} size={44} aria-label={t(back === "close" ? "close" : "back")} data-testid="side-back">
          {back === "close" ? <IconX size={22} /> : <IconArrowLeft size={24} />}
        </ActionIcon>
        <Title order={narrow ? 1 : 2} size="h4" lineClamp={1}>
          {title}
        </Title>
      </div>
      {children}
    </section>
  );
}
