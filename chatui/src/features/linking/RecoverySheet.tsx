import { Portal } from "@mantine/core";
import { useMe } from "@wardline/uikit/session/SessionProvider.tsx";
import { useTranslation } from "react-i18next";
import { groupsOf } from "./code.ts";
import classes from "./Linking.module.css";

/** RecoverySheet is the page that comes out of the printer; on the screen it is not there. */
export function RecoverySheet({ code }: { code: string }) {
  const { t, i18n } = useTranslation("linking");
  const { name, clinic } = useMe();
  return (
    <Portal target="body">
      <div className={classes["sheet"]} aria-hidden="true">
        <h1>{t("sheet.title")}</h1>
        <p>{t("sheet.whose", { name, clinic: clinic?.name ?? "", date: new Date().toLocaleDateString(i18n.language === "en" ? "en-GB" : "de-DE") })}</p>
        <p className={classes["recovery"]}>
          {groupsOf(code).map((group, at) => (
            <span key={at}>{group}</span>
          ))}
        </p>
        <p>{t("sheet.what")}</p>
      </div>
    </Portal>
  );
}
