import { List, Text } from "@mantine/core";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useTranslation } from "react-i18next";
import type { Standing } from "../../api/directory.ts";
import { Panel } from "../../components/Panel.tsx";
import { Origin } from "./Origin.tsx";

/** SourcesPanel is which sources know somebody, under which key, and how they stand there. */
export function SourcesPanel({ sources }: { sources: Standing[] }) {
  const { t } = useTranslation("persons");
  return (
    <Panel title={t("sources")}>
      {sources.length === 0 ? (
        <Text size="sm">{t("noSources")}</Text>
      ) : (
        <List size="sm">
          {sources.map(({ source, key, status, at }) => (
            <List.Item key={source.id + key} data-testid="standing" data-status={status}>
              <Origin source={source} />: {t(`status.${status || "unknown"}`)}
              {key && (
                <Text span size="sm" c="dimmed" className="wl-tabular">
                  {" · "}
                  {t("keyOf", { key })}
                </Text>
              )}
              <Text span size="sm" c="dimmed">
                {" · "}
                <Time at={at} />
              </Text>
            </List.Item>
          ))}
        </List>
      )}
    </Panel>
  );
}
