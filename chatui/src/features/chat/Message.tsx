import { Button, Text, UnstyledButton } from "@mantine/core";
import { memo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { BrokenEntry, LineEntry, TextEntry } from "../../chat/model.ts";
import { usePerson } from "../auth/usePerson.ts";
import { mayConfirm, spokenMessage, type MessageActs } from "./acts.ts";
import { clockText, dayText } from "./dayText.ts";
import { lineText } from "./lineText.ts";
import { partsOf } from "./links.ts";
import classes from "./Message.module.css";
import { MessageMenu } from "./MessageMenu.tsx";
import type { Row } from "./rows.ts";
import { Ticks } from "./Ticks.tsx";
import { useNames, type Names } from "./useNames.ts";
import { useLongPress } from "./useLongPress.ts";

interface Props {
  row: Row;
  group: boolean;
  /** The room begins here: what this is stands above. */
  begins: boolean;
  /** The one the arrow keys stand on: only this one is in the tab order. */
  active: boolean;
  menu: boolean;
  onMenu: (open: string | null) => void;
  onActive: (id: string) => void;
  acts: MessageActs;
}

/** Linked is the text as written. Nothing in it is ever taken for markup. */
function Linked({ text }: { text: string }) {
  return partsOf(text).map(({ text: words, href }, at) =>
    href ? (
      <a key={at} href={href} target="_blank" rel="noopener noreferrer nofollow">
        {words}
      </a>
    ) : (
      words
    ),
  );
}

function UrgentFoot({ entry, acts }: { entry: TextEntry; acts: MessageActs }) {
  const { t } = useTranslation("chat");
  const { id: me } = usePerson();
  if (mayConfirm(entry, me, acts)) {
    return (
      <Button color="red.9" onClick={() => acts.confirm(entry)} data-testid="confirm">
        {t("urgent.confirm")}
      </Button>
    );
  }
  if (!entry.mine) return acts.reads ? null : <span className={classes["restored"]}>{t("urgent.confirmedMe")}</span>;
  if (entry.seq === null) return null;
  return (
    <Button variant="default" onClick={() => acts.info(entry)} data-testid="still-open" data-open={entry.open}>
      {entry.open > 0 ? t("urgent.open", { count: entry.open }) : t("urgent.allConfirmed")}
    </Button>
  );
}

function FailedFoot({ entry, acts }: { entry: TextEntry; acts: MessageActs }) {
  const { t } = useTranslation("chat");
  return (
    <>
      <Button color="red.9" onClick={() => acts.retry(entry)} data-testid="send-again">
        {t("failed.retry")}
      </Button>
      <Button variant="default" onClick={() => acts.discard(entry)} data-testid="discard">
        {t("failed.discard")}
      </Button>
    </>
  );
}

function TextBubble({ entry, head, group, names, acts, children }: Bubble<TextEntry>) {
  const { t, i18n } = useTranslation("chat");
  const failed = entry.delivery === "failed";
  return (
    <div className={classes["bubble"]} data-prio={entry.prio} data-failed={failed || undefined}>
      {head && group && !entry.mine && <span className={classes["name"]}>{names.of(entry.user)}</span>}
      {entry.prio > 0 && (
        <span className={classes["prio"]} data-prio={entry.prio}>
          {t(`prio.${entry.prio}`)}
        </span>
      )}
      <p className={classes["text"]} dir="auto" data-testid="message-text">
        <Linked text={entry.text} />
      </p>
      {entry.restoredBy !== null && (
        <span className={classes["restored"]}>{t("restored", { name: names.of(entry.restoredBy) })}</span>
      )}
      {failed && <span className={classes["prio"]} data-prio={2}>{t("failed.title")}</span>}
      <span className={classes["meta"]}>
        {clockText(entry.at, i18n.language)}
        {entry.mine && <Ticks delivery={entry.delivery} />}
      </span>
      {(failed || entry.prio === 2) && (
        <div className={classes["foot"]}>
          {failed ? <FailedFoot entry={entry} acts={acts} /> : <UrgentFoot entry={entry} acts={acts} />}
        </div>
      )}
      {children}
    </div>
  );
}

interface Bubble<Kind> {
  entry: Kind;
  head: boolean;
  group: boolean;
  names: Names;
  acts: MessageActs;
  children?: ReactNode;
}

function BrokenBubble({ entry, head, group, names }: Omit<Bubble<BrokenEntry>, "acts">) {
  const { t, i18n } = useTranslation("chat");
  return (
    <div className={classes["bubble"]} data-kind="broken" data-testid="broken-message">
      {head && group && entry.user !== "" && <span className={classes["name"]}>{names.of(entry.user)}</span>}
      <p className={classes["text"]}>{t("broken")}</p>
      <span className={classes["meta"]}>{clockText(entry.at, i18n.language)}</span>
    </div>
  );
}

function useLine(entry: LineEntry, names: Names): string {
  const { t } = useTranslation("chat");
  const { id } = usePerson();
  return lineText(entry, id, names, t);
}

function Line({ entry, names }: { entry: LineEntry; names: Names }) {
  return (
    <span className={classes["line"]} data-testid="line">
      {useLine(entry, names)}
    </span>
  );
}

function Above({ row, begins }: { row: Row; begins: boolean }) {
  const { t, i18n } = useTranslation("chat");
  return (
    <>
      {begins && (
        <Text size="sm" c="dimmed" className={classes["intro"] ?? ""}>
          {t("intro")}
        </Text>
      )}
      {row.day && (
        <span className={classes["day"]} data-testid="day">
          {dayText(new Date(row.entry.at), new Date(), i18n.language)}
        </span>
      )}
      {row.unread && (
        <span className={classes["unread"]} data-testid="unread-line">
          {t("unreadLine")}
        </span>
      )}
    </>
  );
}

/** Message is one row of the timeline. */
export const Message = memo(function Message({ row, group, begins, active, menu, onMenu, onActive, acts }: Props) {
  const { t, i18n } = useTranslation("chat");
  const names = useNames();
  const { entry, head, tail } = row;
  const press = useLongPress(() => onMenu(entry.id));
  const text = entry.kind === "text" ? entry : null;
  return (
    <article
      className={classes["row"]}
      data-id={entry.id}
      data-testid="message"
      data-kind={entry.kind}
      data-mine={text?.mine || undefined}
      data-delivery={text?.mine ? text.delivery : undefined}
      data-head={head || undefined}
      data-tail={tail || undefined}
      tabIndex={active ? 0 : -1}
      aria-label={text ? spokenMessage(text, names, i18n.language, t) : undefined}
      onFocus={() => onActive(entry.id)}
      {...(text ? press : {})}
    >
      <Above row={row} begins={begins} />
      {entry.kind === "line" && <Line entry={entry} names={names} />}
      {entry.kind === "broken" && <BrokenBubble entry={entry} head={head} group={group} names={names} />}
      {text && (
        <TextBubble entry={text} head={head} group={group} names={names} acts={acts}>
          {menu ? (
            <MessageMenu entry={text} acts={acts} onClose={() => onMenu(null)} />
          ) : (
            <UnstyledButton
              className={classes["more"] ?? ""}
              tabIndex={active ? 0 : -1}
              aria-label={t("menu.label")}
              aria-haspopup="menu"
              onClick={() => onMenu(entry.id)}
              data-testid="message-menu"
            />
          )}
        </TextBubble>
      )}
    </article>
  );
});
