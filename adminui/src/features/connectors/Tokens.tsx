import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { ConfirmModal } from "@wardline/uikit/components/ConfirmModal.tsx";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Connector, Token } from "../../api/systems.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { DataTable, type Column } from "../../components/DataTable.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { ShownOnce } from "../../components/ShownOnce.tsx";
import { useRevokeToken, useTokens } from "./calls.ts";
import { TokenForm } from "./TokenForm.tsx";

function useColumns(onRevoke: (token: Token) => void): Column<Token>[] {
  const { t } = useTranslation("connectors");
  return [
    { id: "name", header: t("token.name"), cell: (row) => row.name },
    { id: "scopes", header: t("token.scopes"), cell: (row) => row.scopes.map((scope) => t(`scope.${scope}`)).join(", ") },
    { id: "wards", header: t("token.wards"), cell: (row) => row.wards?.join(", ") || t("token.allWards") },
    { id: "created", header: t("token.created"), cell: (row) => (row.created ? <Time at={row.created} /> : "–") },
    { id: "used", header: t("token.used"), cell: (row) => (row.last_used ? <Time at={row.last_used} /> : t("never")) },
    {
      id: "revoke",
      header: t("token.action"),
      cell: (row) => (
        <Button size="compact-sm" variant="default" onClick={() => onRevoke(row)}>
          {t("token.revoke")}
        </Button>
      ),
    },
  ];
}

/** Tokens are the capabilities a source shows to raise alerts here. */
export function Tokens({ connector }: { connector: Connector }) {
  const { t } = useTranslation("connectors");
  const query = useTokens(connector.id);
  const revoke = useRevokeToken(connector.id);
  const [asked, setAsked] = useState<Token | null>(null);
  const [secret, setSecret] = useState("");
  const columns = useColumns(setAsked);
  return (
    <Stack>
      <TokenForm connector={connector} onCreated={setSecret} />
      <QueryView query={query} rows={2}>
        {({ items }) =>
          items.length === 0 ? (
            <Text>{t("token.none")}</Text>
          ) : (
            <DataTable
              label={t("tab.tokens")}
              columns={columns}
              rows={items}
              rowKey={(row) => row.id}
              rowData={(row) => ({ "data-testid": "token-row", "data-token-name": row.name })}
            />
          )
        }
      </QueryView>
      <Modal
        opened={secret !== ""}
        onClose={() => setSecret("")}
        title={t("token.title")}
        closeOnClickOutside={false}
        closeButtonProps={{ "aria-label": t("close") }}
      >
        <ShownOnce secret={secret} hint={t("token.once")} />
        <Group justify="flex-end" mt="md">
          <Button onClick={() => setSecret("")}>{t("token.kept")}</Button>
        </Group>
      </Modal>
      <ConfirmModal
        opened={asked !== null}
        title={t("token.revokeTitle", { name: asked?.name })}
        confirmLabel={t("token.revoke")}
        dangerous
        pending={revoke.isPending}
        onConfirm={() => asked && revoke.mutate(asked.id, { onSuccess: () => setAsked(null) })}
        onClose={() => setAsked(null)}
      >
        {t("token.revokeText")}
        <ActionError error={revoke.error} />
      </ConfirmModal>
    </Stack>
  );
}
