import { Button, Code, Group, Paper, Stack, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Provider } from "../../api/access.ts";
import { Panel } from "../../components/Panel.tsx";
import { ProviderForm } from "./ProviderForm.tsx";

interface Props {
  providers: Provider[];
  onChange: (next: Provider[]) => void;
}

const fresh: Provider = {
  id: "",
  label: "",
  enabled: true,
  issuer: "",
  client_id: "",
  scopes: ["profile"],
  claim: "preferred_username",
  match: "login",
  groups_claim: "groups",
  groups: [],
};

/** Providers are the clinic's own sign-ins (OpenID Connect), each a button on the sign-in pages. */
export function Providers({ providers, onChange }: Props) {
  const { t } = useTranslation("policy");
  const replace = (at: number, next: Provider): void => onChange(providers.map((one, i) => (i === at ? next : one)));
  return (
    <Panel
      title={t("providers.title")}
      actions={
        <Button
          variant="light"
          size="xs"
          leftSection={<IconPlus size={16} aria-hidden="true" />}
          onClick={() => onChange([...providers, fresh])}
          data-testid="provider-add"
        >
          {t("providers.add")}
        </Button>
      }
    >
      <Stack>
        <Text size="sm" c="dimmed">
          {t("providers.intro")}
        </Text>
        <Text size="sm">
          {t("providers.redirect")} <Code>{`${window.location.origin}/api/v1/auth/oidc/callback`}</Code>
        </Text>
        {providers.map((provider, at) => (
          <Paper key={provider.id || `new-${at}`} withBorder p="md">
            <ProviderForm provider={provider} onChange={(next) => replace(at, next)} />
            <Group mt="sm">
              <Button
                variant="default"
                size="xs"
                onClick={() => onChange(providers.filter((_, i) => i !== at))}
              >
                {t("providers.remove")}
              </Button>
            </Group>
          </Paper>
        ))}
      </Stack>
    </Panel>
  );
}
