import { Button, Group, Radio, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Group as StaffGroup, GroupForm, GroupKind } from "../../api/staff.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { Panel } from "../../components/Panel.tsx";
import { BindingFields } from "./BindingFields.tsx";
import { usePreviewGroup, useSaveGroup } from "./calls.ts";
import { lacks, saveOf, type Draft } from "./draft.ts";
import { HandMembers } from "./HandMembers.tsx";
import { MembershipView } from "./MembershipView.tsx";
import { RuleBuilder } from "./RuleBuilder.tsx";

interface Props {
  start: Draft;
  onSaved: (group: StaffGroup) => void;
}

interface HeadProps {
  draft: Draft;
  onForm: (part: Partial<GroupForm>) => void;
}

function Head({ draft: { id, form }, onForm }: HeadProps) {
  const { t } = useTranslation("groups");
  return (
    <Panel title={t("general")}>
      <Stack gap="sm">
        <TextInput
          label={t("name")}
          required
          maxLength={100}
          value={form.name}
          onChange={(change) => onForm({ name: change.currentTarget.value })}
          maw={480}
          data-testid="group-name"
        />
        {!id && (
          <Radio.Group label={t("kindAsk")} value={form.kind} onChange={(kind) => onForm({ kind: kind as GroupKind })}>
            <Stack gap="xs" mt="xs">
              <Radio value="rule" label={t("kind.rule")} description={t("kindHint.rule")} />
              <Radio value="hand" label={t("kind.hand")} description={t("kindHint.hand")} data-testid="group-hand" />
            </Stack>
          </Radio.Group>
        )}
      </Stack>
    </Panel>
  );
}

/** GroupEditor says who is in a group and what follows it; who joins and leaves is seen before. */
export function GroupEditor({ start, onSaved }: Props) {
  const { t } = useTranslation("groups");
  const [draft, setDraft] = useState(start);
  const preview = usePreviewGroup();
  const save = useSaveGroup();
  const lacking = lacks(draft);
  const change = (next: Draft): void => {
    setDraft(next);
    preview.reset();
    save.reset();
  };
  const onForm = (part: Partial<GroupForm>): void => change({ ...draft, form: { ...draft.form, ...part } });
  const submit = (submitted: FormEvent): void => {
    submitted.preventDefault();
    save.mutate(saveOf(draft), {
      onSuccess: (group) => {
        notifications.show({ message: t("saved", { name: group.name }) });
        onSaved(group);
      },
    });
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Head draft={draft} onForm={onForm} />
        {draft.form.kind === "rule" && (
          <RuleBuilder rule={draft.form.rule ?? { all: [] }} onChange={(rule) => onForm({ rule })} />
        )}
        {draft.form.kind === "hand" && (
          <HandMembers group={draft.id ?? ""} members={draft.members} onChange={(members) => change({ ...draft, members })} />
        )}
        <BindingFields form={draft.form} onChange={onForm} />
        {preview.data && <MembershipView membership={preview.data} />}
        <ActionError
          error={save.error ?? preview.error}
          codes={{ stale: t("stale"), name_taken: t("nameTaken"), rule: t("lacks.rule") }}
        />
        <Group>
          <Button
            variant="default"
            disabled={lacking !== ""}
            loading={preview.isPending}
            onClick={() => preview.mutate(saveOf(draft))}
            data-testid="group-preview"
          >
            {t("preview.button")}
          </Button>
          <Button type="submit" disabled={lacking !== ""} loading={save.isPending} data-testid="group-save">
            {t("save")}
          </Button>
          {lacking !== "" && <span>{t(`lacks.${lacking}`)}</span>}
        </Group>
      </Stack>
    </form>
  );
}
