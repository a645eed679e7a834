import { Button, SimpleGrid, Stack, Text } from "@mantine/core";
import { Link, type LinkProps } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Facts } from "../../api/setup.ts";

const ways = [
  { name: "ldap", to: "/connectors/new", search: { kind: "ldap" } },
  { name: "sheet", to: "/imports", search: {} },
  { name: "hl7", to: "/connectors/new", search: { kind: "hl7v2-mllp" } },
  { name: "fhir", to: "/connectors/new", search: { kind: "fhir-r4" } },
  { name: "scim", to: "/connectors/new", search: { kind: "scim" } },
  { name: "hand", to: "/persons", search: {} },
] as const;

/** StaffStep leads to where people come from. */
export function StaffStep({ facts }: { facts: Facts }) {
  const { t } = useTranslation("setup");
  return (
    <Stack>
      <Text>{t("staff.now", { persons: facts.persons ?? 0, sources: facts.sources ?? 0 })}</Text>
      <SimpleGrid cols={{ base: 1, sm: 2, md: 3 }}>
        {ways.map(({ name, to, search }) => (
          <Button
            key={name}
            // The router types its search by each address; here the address is a variable.
            renderRoot={(props) => <Link {...props} {...({ to, search } as LinkProps)} />}
            variant="default"
            h="auto"
            py="sm"
            styles={{ label: { whiteSpace: "normal" } }}
          >
            {t(`staff.${name}`)}
          </Button>
        ))}
      </SimpleGrid>
    </Stack>
  );
}
