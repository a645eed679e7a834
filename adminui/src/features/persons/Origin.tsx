import { useTranslation } from "react-i18next";
import type { PersonValue } from "../../api/directory.ts";
import { LinkTo } from "../../components/LinkTo.tsx";
import { isHand } from "./values.ts";

/** Origin answers "where does this value come from": the connector, and the very message or run. */
export function Origin({ source, message }: Pick<PersonValue, "source" | "message">) {
  const { t } = useTranslation("persons");
  return (
    <>
      {isHand(source) ? (
        t("byHand")
      ) : (
        <LinkTo to="/connectors/$id" params={{ id: source.id }}>
          {source.name || t("sourceGone")}
        </LinkTo>
      )}
      {message?.id && (
        <>
          {" · "}
          <LinkTo to="/messages/$id" params={{ id: message.id }}>
            {[message.type, message.control_id].filter(Boolean).join(" ") || t("message")}
          </LinkTo>
        </>
      )}
      {message?.run_id && (
        <>
          {" · "}
          <LinkTo to="/runs/$id" params={{ id: message.run_id }}>
            {t("run")}
          </LinkTo>
        </>
      )}
    </>
  );
}
