import { Button, Group, Modal, NumberInput, Select, Stack, Text, Title } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { QrCode } from "@wardline/uikit/components/QrCode.tsx";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useMe } from "@wardline/uikit/session/SessionProvider.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Poster } from "../../api/access.ts";
import type { Unit } from "../../api/directory.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { Panel } from "../../components/Panel.tsx";
import { useEndPoster, useMakePoster, usePosters } from "./calls.ts";
import { PrintBar } from "./PrintBar.tsx";
import classes from "./Sheets.module.css";

function Printed({ poster, unit, onDone }: { poster: Poster & { url: string }; unit: string; onDone: () => void }) {
  const { t } = useTranslation("letters");
  const me = useMe();
  return (
    <Stack>
      <div className={classes["paper"]}>
        <section className={classes["sheet"]} data-testid="poster">
          <Title order={3} ta="center">
            {t("poster.head", { clinic: me.clinic.name })}
          </Title>
          <Text ta="center" my="md">
            {t("poster.text", { unit })}
          </Text>
          <QrCode text={poster.url} label={t("poster.qr", { unit })} />
          <Text ta="center" mt="md">
            {t("sheet.until")} <Time at={poster.expires} format="absolute" />
          </Text>
        </section>
      </div>
      <PrintBar onDone={onDone} />
    </Stack>
  );
}

function Running() {
  const { t } = useTranslation("letters");
  const { data } = usePosters();
  const end = useEndPoster();
  return data?.items.map(({ id, unit, expires }) => (
    <Group key={id} justify="space-between">
      <Text size="sm">
        {unit} · {t("sheet.until")} <Time at={expires} format="absolute" />
      </Text>
      <Button
        variant="default"
        size="xs"
        leftSection={<IconTrash size={16} aria-hidden="true" />}
        onClick={() => end.mutate(id)}
        aria-label={t("poster.endOf", { unit })}
      >
        {t("poster.end")}
      </Button>
    </Group>
  ));
}

/** PosterPanel makes a QR code for a staff room: who scans it gets a code by mail. */
export function PosterPanel({ units }: { units: Unit[] }) {
  const { t } = useTranslation("letters");
  const [unit, setUnit] = useState<string | null>(null);
  const [hours, setHours] = useState<number | string>(72);
  const make = useMakePoster();
  const named = units.find(({ id }) => id === unit)?.name ?? "";
  return (
    <Panel title={t("poster.title")}>
      <Stack>
        <Text size="sm" c="dimmed">
          {t("poster.intro")}
        </Text>
        <ActionError error={make.error} />
        <Group align="flex-end">
          <Select
            label={t("unit")}
            searchable
            data={units.map(({ id, name, code }) => ({ value: id, label: `${name} (${code})` }))}
            value={unit}
            onChange={setUnit}
          />
          <NumberInput label={t("poster.hours")} min={1} max={72} value={hours} onChange={setHours} w={120} />
          <Button
            disabled={!unit}
            loading={make.isPending}
            onClick={() => unit && make.mutate({ unit_id: unit, hours: Number(hours) })}
          >
            {t("poster.make")}
          </Button>
        </Group>
        <Running />
      </Stack>
      <Modal
        opened={make.data !== undefined}
        onClose={make.reset}
        closeOnClickOutside={false}
        title={t("poster.title")}
        closeButtonProps={{ "aria-label": t("close", { ns: "ui" }) }}
      >
        {make.data && <Printed poster={make.data} unit={named} onDone={make.reset} />}
      </Modal>
    </Panel>
  );
}
