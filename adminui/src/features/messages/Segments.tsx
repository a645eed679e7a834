import { Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Segment } from "../../api/systems.ts";
import { DataTable } from "../../components/DataTable.tsx";
import { Panel } from "../../components/Panel.tsx";
import classes from "./RawView.module.css";

/** Segments shows an HL7 message field by field, by the numbers its standard uses. */
export function Segments({ segments }: { segments: Segment[] }) {
  const { t } = useTranslation("messages");
  return (
    <Stack>
      {segments.map(({ name, fields }, at) => (
        <Panel key={`${name}-${at}`} title={name}>
          <DataTable
            label={name}
            rows={fields}
            rowKey={(field) => String(field.no)}
            columns={[
              { id: "no", header: t("field"), cell: (field) => <span className="wl-tabular">{`${name}-${field.no}`}</span> },
              { id: "value", header: t("value"), cell: (field) => <code className={classes["code"]}>{field.value}</code> },
              { id: "comps", header: t("components"), cell: (field) => <Components values={field.comps ?? []} /> },
            ]}
          />
        </Panel>
      ))}
    </Stack>
  );
}

function Components({ values }: { values: string[] }) {
  if (values.length < 2) return null;
  return (
    <>
      {values.map((value, at) =>
        value === "" ? null : (
          <div key={at}>
            <span className={classes["number"]}>{at + 1}</span> {value}
          </div>
        ),
      )}
    </>
  );
}
