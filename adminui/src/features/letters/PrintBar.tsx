import { Button, Group } from "@mantine/core";
import { IconPrinter } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

/** PrintBar is below what is shown this once: print it, or be done with it. */
export function PrintBar({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation("letters");
  return (
    <Group>
      <Button leftSection={<IconPrinter size={18} aria-hidden="true" />} onClick={() => window.print()}>
        {t("print")}
      </Button>
      <Button variant="default" onClick={onDone}>
        {t("done")}
      </Button>
    </Group>
  );
}
