import { useTranslation } from "react-i18next";
import classes from "./RawView.module.css";
import { rawLines } from "./rawText.ts";

/** RawView is the message as it came, one segment per line. */
export function RawView({ raw }: { raw: string }) {
  const { t } = useTranslation("messages");
  return (
    <ol className={`wl-surface ${classes["raw"]}`} aria-label={t("raw")} tabIndex={0} data-testid="message-raw">
      {rawLines(raw).map((line, at) => (
        <li key={at}>
          <code className={classes["code"]}>{line}</code>
        </li>
      ))}
    </ol>
  );
}
