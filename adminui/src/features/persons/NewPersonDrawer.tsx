import { Drawer } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { NewPersonForm } from "./NewPersonForm.tsx";

/** NewPersonDrawer enters somebody no source knows. */
export function NewPersonDrawer({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation("persons");
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      closeOnClickOutside={false}
      position="right"
      size="xl"
      title={t("create")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <NewPersonForm onClose={onClose} />
    </Drawer>
  );
}
