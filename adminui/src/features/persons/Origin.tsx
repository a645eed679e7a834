import { useTranslation } from "react-i18next";
import type { PersonValue } from "../../api/directory.ts";
import { LinkTo } from "../../components/LinkTo.tsx";

/** Origin answers "where does this value come from": the connector, and the very message. */
export function Origin({ source, message }: Pick<PersonValue, "source" | "message">) {
  const { t } = useTranslation("persons");
  return (
    <>
      {source.id ? (
        <LinkTo to="/connectors/$id" params={{ id: source.id }}>
          {source.name}
        </LinkTo>
      ) : (
        source.name || t("byHand")
      )}
      {message && (
        <>
          {" · "}
          <LinkTo to="/messages/$id" params={{ id: message.id }}>
            {[message.type, message.control_id].filter(Boolean).join(" ") || t("message")}
          </LinkTo>
        </>
      )}
    </>
  );
}
