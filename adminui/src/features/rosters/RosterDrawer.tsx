import { Button, Drawer, Group, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActionError } from "../../components/ActionError.tsx";
import { Download } from "../../components/Download.tsx";
import { FilePick } from "../../components/FilePick.tsx";
import { refusedFile } from "../imports/useRefusals.ts";
import { useApplyRoster, useDryRoster } from "./calls.ts";
import { RosterPlanView } from "./RosterPlanView.tsx";
import { useRefusedRoster } from "./useRefusedRoster.ts";

function RosterForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("rosters");
  const [file, setFile] = useState<File | null>(null);
  const [source, setSource] = useState("");
  const dry = useDryRoster();
  const apply = useApplyRoster();
  const refused = refusedFile(dry.error ?? apply.error);
  const refusals = useRefusedRoster(refused);
  const changes = dry.data ? dry.data.adds.length + dry.data.removes.length : 0;
  const look = (picked: File, name: string): void => dry.mutate({ file: picked, source: name });
  const take = (): void => {
    if (!file) return;
    apply.mutate(
      { file, source },
      {
        onSuccess: ({ adds }) => {
          notifications.show({ message: t("applied", { count: adds.length }) });
          onClose();
        },
      },
    );
  };
  return (
    <Stack>
      <FilePick
        label={t("pick")}
        accept=".csv,.xlsx,.ics"
        hint={t("pickHint")}
        file={file}
        onPick={(picked) => {
          setFile(picked);
          look(picked, source);
        }}
      />
      <TextInput
        label={t("name")}
        description={t("nameHint")}
        value={source}
        maxLength={200}
        onChange={(typed) => {
          setSource(typed.currentTarget.value);
          // What was looked at was another roster's replacement.
          dry.reset();
        }}
        data-testid="roster-name"
      />
      <ActionError error={refused} codes={refusals} />
      {dry.data && <RosterPlanView plan={dry.data} />}
      <Group>
        <Button variant="default" disabled={!file} loading={dry.isPending} onClick={() => file && look(file, source)} data-testid="roster-dry">
          {t("dry")}
        </Button>
        <Button disabled={changes === 0} loading={apply.isPending} onClick={take} data-testid="roster-apply">
          {t("apply")}
        </Button>
      </Group>
      <Group>
        <Download path="/imports/template?format=xlsx&content=roster" label={t("template.xlsx")} />
        <Download path="/imports/template?format=csv&content=roster" label={t("template.csv")} />
      </Group>
    </Stack>
  );
}

/** RosterDrawer takes a roster after showing what it changes. */
export function RosterDrawer({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation("rosters");
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      closeOnClickOutside={false}
      position="right"
      size="xl"
      title={t("import")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <RosterForm onClose={onClose} />
    </Drawer>
  );
}
