import { Button, Text } from "@mantine/core";
import { IconEqual, IconEqualNot, IconQuestionMark } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Person } from "../../api/directory.ts";
import { DataTable } from "../../components/DataTable.tsx";
import { LinkTo } from "../../components/LinkTo.tsx";
import { fullName } from "../persons/accountState.ts";
import { usePerson } from "../persons/calls.ts";
import { useFieldName } from "../persons/useFieldName.ts";
import classes from "./Candidate.module.css";
import { compare, rowValues, shownValues, type Compared } from "./compare.ts";

const icons = { same: IconEqual, different: IconEqualNot, unknown: IconQuestionMark };

function Verdict({ verdict }: Pick<Compared, "verdict">) {
  const { t } = useTranslation("conflicts");
  const Symbol = icons[verdict];
  return (
    <span className={classes["verdict"]} data-verdict={verdict}>
      <Symbol size={16} aria-hidden="true" /> {t(`verdict.${verdict}`)}
    </span>
  );
}

interface Props {
  person: Person;
  stated: Record<string, string>;
  pending: boolean;
  /** Absent once the question is answered. */
  onSame?: () => void;
}

/** Candidate is what a newcomer states beside what is known of one they may be. */
export function Candidate({ person, stated, pending, onSame }: Props) {
  const { t } = useTranslation("conflicts");
  const { fieldName } = useFieldName();
  // Until the page of the person is there, the list's own few values do.
  const detail = usePerson(person.id);
  const known = detail.data ? { ...rowValues(person), ...shownValues(detail.data) } : rowValues(person);
  return (
    <div className={classes["candidate"]} data-testid="candidate" data-person-name={person.name}>
      <Text fw={600}>
        {t("knownAs")}{" "}
        <LinkTo to="/persons/$id" params={{ id: person.id }} strong>
          {fullName(person)}
        </LinkTo>
      </Text>
      <Text size="sm" c="dimmed" mb="xs">
        {[person.staff_number, ...person.units.map(({ name, code }) => name || code), !person.active && t("left")]
          .filter(Boolean)
          .join(" · ")}
      </Text>
      <DataTable
        label={t("compare", { name: person.name })}
        rows={compare(stated, known)}
        rowKey={(row) => row.field}
        rowData={(row) => ({ "data-field": row.field, "data-verdict": row.verdict })}
        columns={[
          { id: "field", header: t("field"), cell: (row) => fieldName(row.field) },
          { id: "stated", header: t("stated"), cell: (row) => <strong>{row.stated}</strong> },
          { id: "known", header: t("known"), cell: (row) => row.known || "–" },
          { id: "verdict", header: t("verdictTitle"), cell: (row) => <Verdict verdict={row.verdict} /> },
        ]}
      />
      {onSame && (
        <Button mt="sm" loading={pending} onClick={onSame} data-testid="conflict-same">
          {t("same", { name: person.name })}
        </Button>
      )}
    </div>
  );
}
