import { Alert, Code, Stack } from "@mantine/core";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Facts } from "../../api/setup.ts";

/** AddressStep says whether phones can use the addresses the hub was started with. */
export function AddressStep({ facts }: { facts: Facts }) {
  const { t } = useTranslation("setup");
  return (
    <Stack>
      {facts.addresses?.map(({ listener, url, ok, tls }) => (
        <Alert
          key={listener}
          color={ok ? "teal" : "orange"}
          variant="light"
          icon={ok ? <IconCheck aria-hidden="true" /> : <IconAlertTriangle aria-hidden="true" />}
          title={t(`address.${listener}`)}
        >
          <Code>{url}</Code> {t(ok ? (tls ? "address.tls" : "address.local") : "address.bad")}
        </Alert>
      ))}
      <div>
        {t("address.how")} <Code>chat.url, chat.cert, chat.key</Code>
      </div>
    </Stack>
  );
}
