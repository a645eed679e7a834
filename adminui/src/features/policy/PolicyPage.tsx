import { Anchor, Button, Group, Radio, Stack, Switch } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { AccessPolicy } from "../../api/access.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { Panel } from "../../components/Panel.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { Page } from "../../shell/Page.tsx";
import { usePolicy, useSavePolicy, type StoredPolicy } from "./calls.ts";
import { Providers } from "./Providers.tsx";

type Choice = "admin_passkey" | "second_factor" | "devices";

const choices: Record<Choice, readonly string[]> = {
  admin_passkey: ["required", "recommended"],
  second_factor: ["none", "admins", "all"],
  devices: ["any", "each", "managed"],
};

interface FieldProps {
  field: Choice;
  policy: AccessPolicy;
  onChange: (next: AccessPolicy) => void;
}

function Field({ field, policy, onChange }: FieldProps) {
  const { t } = useTranslation("policy");
  return (
    <Panel title={t(`${field}.title`)}>
      <Radio.Group
        aria-label={t(`${field}.title`)}
        value={policy[field]}
        onChange={(value) => onChange({ ...policy, [field]: value })}
      >
        <Stack gap="xs">
          {choices[field].map((value) => (
            <Radio
              key={value}
              value={value}
              label={t(`${field}.${value}`)}
              description={t(`${field}.${value}Means`)}
              data-testid={`policy-${field}-${value}`}
            />
          ))}
        </Stack>
      </Radio.Group>
      {field === "devices" && (
        <Anchor component={Link} to="/devices" display="inline-block" mt="sm" size="sm">
          {t("devices.codes")}
        </Anchor>
      )}
    </Panel>
  );
}

function PolicyForm({ stored }: { stored: StoredPolicy }) {
  const { t } = useTranslation("policy");
  const [policy, setPolicy] = useState(stored.policy);
  const save = useSavePolicy();
  const submit = (): void =>
    save.mutate({ policy, revision: stored.revision }, { onSuccess: () => notifications.show({ message: t("saved") }) });
  return (
    <Stack maw={820}>
      {(["admin_passkey", "second_factor", "devices"] as const).map((field) => (
        <Field key={field} field={field} policy={policy} onChange={setPolicy} />
      ))}
      <Panel title={t("directory.title")}>
        <Switch
          label={t("directory.label")}
          description={t("directory.means")}
          checked={policy.directory}
          onChange={(change) => setPolicy({ ...policy, directory: change.currentTarget.checked })}
        />
      </Panel>
      <Providers
        providers={policy.providers}
        onChange={(providers) => setPolicy({ ...policy, providers })}
      />
      <ActionError error={save.error} codes={{ stale: t("stale") }} />
      <Group>
        <Button loading={save.isPending} onClick={submit} data-testid="policy-save">
          {t("save")}
        </Button>
      </Group>
    </Stack>
  );
}

/** PolicyPage is how people sign in and with which devices. */
export function PolicyPage() {
  const { t } = useTranslation("policy");
  const query = usePolicy();
  return (
    <Page title={t("title")} intro={t("intro")}>
      <QueryView query={query}>{(stored) => <PolicyForm key={stored.revision} stored={stored} />}</QueryView>
    </Page>
  );
}
