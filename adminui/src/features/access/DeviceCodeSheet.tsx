import { Time } from "@wardline/uikit/components/Time.tsx";
import { useMe } from "@wardline/uikit/session/SessionProvider.tsx";
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";
import type { DeviceCode } from "../../api/access.ts";
import classes from "./DeviceCodeSheet.module.css";
import { inFours } from "./deviceCode.ts";

/** DeviceCodeSheet is the page that comes out of the printer; on the screen it is not there. */
export function DeviceCodeSheet({ made }: { made: DeviceCode & { code: string } }) {
  const { t } = useTranslation("access");
  const { clinic } = useMe();
  return createPortal(
    <div className={classes["sheet"]} aria-hidden="true" data-testid="device-code-sheet">
      <h1>{t("codes.sheet", { clinic: clinic.name })}</h1>
      <p>
        {t("codes.label")}: <strong>{made.label}</strong>
      </p>
      <p className={classes["code"]}>{inFours(made.code)}</p>
      <p>
        {t("codes.until")} <Time at={made.expires} format="absolute" />
      </p>
      <p>{t("codes.use")}</p>
    </div>,
    document.body,
  );
}
