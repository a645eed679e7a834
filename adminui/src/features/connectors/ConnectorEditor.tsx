import { Alert, Stack, Switch, TextInput } from "@mantine/core";
import { useMemo, useRef, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Connector, Kind } from "../../api/systems.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { Panel } from "../../components/Panel.tsx";
import { PreviewDrawer } from "../runs/PreviewDrawer.tsx";
import { useSave, useTest } from "./calls.ts";
import { CheckList } from "./CheckList.tsx";
import { withDefaults } from "./form/schema.ts";
import { SchemaForm, type FormHandle } from "./form/SchemaForm.tsx";
import { serverErrors } from "./form/serverErrors.ts";
import { useWording } from "./form/useWording.ts";
import { hubText } from "./hubText.ts";
import { PullSteps } from "./PullSteps.tsx";
import { SavePanel } from "./SavePanel.tsx";
import { usePullSteps } from "./usePullSteps.ts";

interface Props {
  kind: Kind;
  /** Absent for a new connector. */
  base?: Connector;
  onSaved: (saved: Connector) => void;
}

/** ConnectorEditor edits one connector; nothing changes anywhere until it is saved. */
export function ConnectorEditor({ kind, base, onSaved }: Props) {
  const { t } = useTranslation("connectors");
  const [name, setName] = useState(base?.name ?? "");
  const [enabled, setEnabled] = useState(base?.enabled ?? true);
  const [comment, setComment] = useState("");
  const [config, setConfig] = useState(() => withDefaults(kind.defaults, base?.config));
  const [tried, setTried] = useState(false);
  const form = useRef<FormHandle | null>(null);
  const say = useWording();
  const save = useSave();
  const test = useTest();
  const asked = { kind: kind.name, config, ...(base ? { id: base.id } : {}) };
  const failed = save.error ?? test.error;
  const wrong = useMemo(() => serverErrors(failed, say), [failed, say]);
  const nameless = tried && name.trim() === "" ? say({ path: ["name"], keyword: "required", limit: undefined }) : null;
  const [looking, setLooking] = useState(false);
  const [seen, setSeen] = useState(false);
  const steps = usePullSteps({
    base,
    config,
    tested: test.data?.checks.every(({ ok }) => ok) ?? false,
    previewed: seen,
  });

  const start = (): boolean => {
    save.reset();
    test.reset();
    return form.current?.validateForm() ?? false;
  };
  const submit = (submitted: FormEvent): void => {
    submitted.preventDefault();
    setTried(true);
    if (!start() || name.trim() === "") return;
    const body = { name: name.trim(), enabled, config, ...(comment.trim() ? { comment: comment.trim() } : {}) };
    save.mutate({ ...(base ? { base } : {}), kind: kind.name, body }, { onSuccess: onSaved });
  };
  const check = (): void => {
    if (start()) test.mutate(asked);
  };
  const look = (): void => {
    if (form.current?.validateForm() ?? false) setLooking(true);
  };

  return (
    <form noValidate onSubmit={submit}>
      <Stack>
        {kind.capabilities.pull && <PullSteps done={steps} />}
        <Panel title={t("form.general")}>
          <Stack gap="sm">
            <TextInput
              label={t("form.name")}
              description={t("form.nameHelp")}
              value={name}
              onChange={(change) => setName(change.currentTarget.value)}
              required
              maxLength={120}
              error={wrong.around["name"] ?? nameless}
              data-testid="connector-name"
            />
            <Switch
              label={t("form.enabled")}
              checked={enabled}
              onChange={(change) => setEnabled(change.currentTarget.checked)}
            />
          </Stack>
        </Panel>
        <Panel title={t("form.settings", { kind: t(`kind.${kind.name}`, { defaultValue: kind.name }) })}>
          <SchemaForm
            kind={kind}
            config={config}
            secrets={base?.secrets ?? {}}
            serverErrors={wrong.config}
            handle={form}
            onChange={setConfig}
          />
        </Panel>
        {test.data && <CheckList checks={test.data.checks} />}
        {wrong.rest.length > 0 && (
          <Alert color="red" variant="light" role="alert">
            {wrong.rest.map((text) => hubText(text, t)).join(" ")}
          </Alert>
        )}
        <ActionError
          error={failed}
          codes={{ stale: t("stale"), name_taken: t("nameTaken"), not_startable: t("notStartable") }}
        />
        <SavePanel
          capabilities={kind.capabilities}
          comment={comment}
          onComment={setComment}
          saving={save.isPending}
          testing={test.isPending}
          onTest={check}
          onPreview={look}
        />
      </Stack>
      <PreviewDrawer asked={looking ? asked : null} onClose={() => setLooking(false)} onDone={() => setSeen(true)} />
    </form>
  );
}
