import { ActionIcon, Menu } from "@mantine/core";
import { IconLogout, IconUserCircle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../session/SessionProvider.tsx";

/** AccountMenu names who is signed in and signs out; an app puts its own items between. */
export function AccountMenu({ children }: { children?: ReactNode }) {
  const { t } = useTranslation("ui");
  const { me, signOut } = useSession();
  if (!me) return null;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon aria-label={t("session.account")}>
          <IconUserCircle size={24} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {t("session.signedInAs", { name: me.name })}
          <br />
          {me.clinic.name} · {me.version}
        </Menu.Label>
        {children}
        <Menu.Item leftSection={<IconLogout size={18} />} onClick={() => void signOut()}>
          {t("session.signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
