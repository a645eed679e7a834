import { Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { RulesPreview } from "../../api/staff.ts";
import { DataTable } from "../../components/DataTable.tsx";
import { LinkTo } from "../../components/LinkTo.tsx";
import { Changes } from "../plans/Changes.tsx";

/** ShownDiffs is of whom something else would be shown, and what. */
export function ShownDiffs({ preview: { total, items } }: { preview: RulesPreview }) {
  const { t } = useTranslation("precedence");
  return (
    <Stack gap="sm" c="var(--mantine-color-text)" data-testid="precedence-result" data-total={total}>
      <Text fw={600}>{total === 0 ? t("preview.nobody") : t("preview.total", { count: total })}</Text>
      {items.length < total && <Text size="sm">{t("preview.first", { count: items.length })}</Text>}
      {items.length > 0 && (
        <DataTable
          label={t("preview.button")}
          rows={items}
          rowKey={(row) => row.person.id ?? row.person.staff_number}
          columns={[
            {
              id: "person",
              header: t("preview.person"),
              cell: ({ person }) => (
                <>
                  <LinkTo to="/persons/$id" params={{ id: person.id ?? "" }} strong>
                    {person.name}
                  </LinkTo>
                  <Text size="xs" c="dimmed">
                    {person.staff_number}
                  </Text>
                </>
              ),
            },
            { id: "fields", header: t("preview.shown"), cell: (row) => <Changes fields={row.fields} /> },
          ]}
        />
      )}
    </Stack>
  );
}
