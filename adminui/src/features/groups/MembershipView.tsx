import { List, SimpleGrid, Text } from "@mantine/core";
import { IconMinus, IconPlus } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Membership, PersonRef } from "../../api/staff.ts";
import { Panel } from "../../components/Panel.tsx";

function People({ people, count }: { people: PersonRef[]; count: number }) {
  const { t } = useTranslation("groups");
  if (count === 0) return <Text size="sm">{t("preview.nobody")}</Text>;
  return (
    <>
      <List size="sm">
        {people.map(({ id, name, staff_number: number }) => (
          <List.Item key={id ?? name + number}>
            {name} {number && `(${number})`}
          </List.Item>
        ))}
      </List>
      {people.length < count && <Text size="sm">{t("preview.more", { count: count - people.length })}</Text>}
    </>
  );
}

/** MembershipView is who would join and who would leave by saving. */
export function MembershipView({ membership: { joining, leaving, staying, joins, leaves } }: { membership: Membership }) {
  const { t } = useTranslation("groups");
  return (
    <Panel title={t("preview.title")}>
      <div role="status" data-testid="group-membership" data-joining={joining} data-leaving={leaving}>
        <Text mb="sm">{t("preview.staying", { count: staying })}</Text>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <div>
            <Text fw={600}>
              <IconPlus size={16} aria-hidden="true" /> {t("preview.joining", { count: joining })}
            </Text>
            <People people={joins} count={joining} />
          </div>
          <div>
            <Text fw={600}>
              <IconMinus size={16} aria-hidden="true" /> {t("preview.leaving", { count: leaving })}
            </Text>
            <People people={leaves} count={leaving} />
          </div>
        </SimpleGrid>
      </div>
    </Panel>
  );
}
