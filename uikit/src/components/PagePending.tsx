import { Center, Loader, VisuallyHidden } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** PagePending stands in for a page whose code or data is on its way. */
export function PagePending() {
  const { t } = useTranslation("ui");
  return (
    <Center mih={240} role="status">
      <Loader />
      <VisuallyHidden>{t("loading")}</VisuallyHidden>
    </Center>
  );
}
