import { Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { AlertDetail } from "../../api/alerting.ts";
import classes from "./Story.module.css";
import { sentenceOf } from "./story.ts";

/** Story is what happened to an alert, line by line as the log has it. */
export function Story({ alert }: { alert: AlertDetail }) {
  const { t, i18n } = useTranslation("board");
  const words = { somebody: t("somebody"), rule: alert.rule_name };
  const time = new Intl.DateTimeFormat(i18n.language, { timeStyle: "medium" });
  return (
    <section aria-label={t("story.title")}>
      <Title order={3} size="h5" mb="xs">
        {t("story.title")}
      </Title>
      <ol className={classes["story"]} data-testid="story">
        {alert.story.map((entry) => {
          const { key, values } = sentenceOf(entry, words);
          return (
            <li key={entry.no} data-kind={entry.kind}>
              <time dateTime={entry.at} className="wl-tabular">
                {time.format(new Date(entry.at))}
              </time>
              <span>{t(key, values)}</span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
