import { useTranslation } from "react-i18next";
import { useSession } from "../session/SessionProvider.tsx";
import classes from "./DemoBanner.module.css";

/** DemoBanner is on every page while the hub runs the simulated clinic, and never otherwise. */
export function DemoBanner() {
  const { t } = useTranslation("ui");
  const { me } = useSession();
  if (!me?.demo) return null;
  return (
    <div className={classes["banner"]} role="note">
      {t("demoBanner")}
    </div>
  );
}
