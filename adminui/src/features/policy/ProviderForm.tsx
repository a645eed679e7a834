import { Alert, Button, Group, PasswordInput, Select, SimpleGrid, Stack, Switch, TagsInput, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Provider } from "../../api/access.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { useTestIssuer } from "./calls.ts";
import { GroupRoles } from "./GroupRoles.tsx";

interface Props {
  provider: Provider;
  onChange: (next: Provider) => void;
}

type Text = "label" | "issuer" | "client_id" | "claim" | "groups_claim";

function TestButton({ issuer }: { issuer: string }) {
  const { t } = useTranslation("policy");
  const test = useTestIssuer();
  return (
    <>
      <Group>
        <Button variant="default" size="xs" disabled={!issuer} loading={test.isPending} onClick={() => test.mutate(issuer)}>
          {t("providers.test")}
        </Button>
      </Group>
      <ActionError error={test.error} />
      {test.data && (
        <Alert color={test.data.ok ? "teal" : "red"} variant="light" role="status">
          {test.data.ok ? t("providers.testOk") : `${t("providers.testFailed")} ${test.data.detail ?? ""}`}
        </Alert>
      )}
    </>
  );
}

/** ProviderForm is one OpenID provider; its secret is only ever sent. */
export function ProviderForm({ provider, onChange }: Props) {
  const { t } = useTranslation("policy");
  const text = (name: Text) => (
    <TextInput
      label={t(`provider.${name}`)}
      description={t(`provider.${name}Help`)}
      value={provider[name]}
      onChange={(change) => onChange({ ...provider, [name]: change.currentTarget.value })}
      data-testid={`provider-${name}`}
    />
  );
  return (
    <Stack>
      <Switch
        label={t("provider.enabled")}
        checked={provider.enabled}
        onChange={(change) => onChange({ ...provider, enabled: change.currentTarget.checked })}
      />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {text("label")}
        {text("issuer")}
        {text("client_id")}
        <PasswordInput
          label={t("provider.secret")}
          description={t(provider.secret_set ? "provider.secretSet" : "provider.secretHelp")}
          autoComplete="off"
          value={provider.secret ?? ""}
          onChange={(change) => onChange({ ...provider, secret: change.currentTarget.value })}
          data-testid="provider-secret"
        />
        {text("claim")}
        <Select
          label={t("provider.match")}
          description={t("provider.matchHelp")}
          data={(["login", "staff_number"] as const).map((value) => ({ value, label: t(`provider.match_${value}`) }))}
          allowDeselect={false}
          value={provider.match}
          onChange={(match) => onChange({ ...provider, match: match as Provider["match"] })}
        />
        <TagsInput
          label={t("provider.scopes")}
          description={t("provider.scopesHelp")}
          value={provider.scopes}
          splitChars={[" ", ","]}
          onChange={(scopes) => onChange({ ...provider, scopes })}
        />
        {text("groups_claim")}
      </SimpleGrid>
      <GroupRoles groups={provider.groups} onChange={(groups) => onChange({ ...provider, groups })} />
      <TestButton issuer={provider.issuer} />
    </Stack>
  );
}
