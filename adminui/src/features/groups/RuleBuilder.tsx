import { Button, Fieldset, Stack, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Expression } from "../../api/staff.ts";
import { Panel } from "../../components/Panel.tsx";
import { addedTest, mostClauses, mostTests, withoutTest, withTest } from "./expression.ts";
import { TestFields } from "./TestFields.tsx";
import { useSentence } from "./useSentence.ts";

interface Props {
  rule: Expression;
  onChange: (rule: Expression) => void;
}

/** RuleBuilder edits "all of these, of each any", and reads it back as a sentence. */
export function RuleBuilder({ rule, onChange }: Props) {
  const { t } = useTranslation("groups");
  const sentence = useSentence()(rule);
  return (
    <Panel title={t("rule.title")}>
      <Stack gap="sm">
        <Text role="status" data-testid="group-sentence">
          {sentence ? t("rule.sentence", { sentence }) : t("rule.none")}
        </Text>
        {rule.all.map((clause, at) => (
          // Clauses have no name of their own; what they are is their place.
          <Fieldset key={at} legend={t(at === 0 ? "rule.first" : "rule.further")} data-testid="group-clause">
            <Stack gap="sm">
              {clause.any.map((test, i) => (
                <div key={i}>
                  {i > 0 && (
                    <Text size="sm" c="dimmed" mb={4}>
                      {t("rule.or")}
                    </Text>
                  )}
                  <TestFields
                    test={test}
                    onChange={(next) => onChange(withTest(rule, at, i, next))}
                    onRemove={() => onChange(withoutTest(rule, at, i))}
                  />
                </div>
              ))}
              <Button
                size="sm"
                variant="default"
                leftSection={<IconPlus size={16} aria-hidden="true" />}
                disabled={clause.any.length >= mostTests}
                onClick={() => onChange(addedTest(rule, at))}
                style={{ alignSelf: "flex-start" }}
                data-testid="group-or"
              >
                {t("rule.addOr")}
              </Button>
            </Stack>
          </Fieldset>
        ))}
        <Button
          variant="default"
          leftSection={<IconPlus size={18} aria-hidden="true" />}
          disabled={rule.all.length >= mostClauses}
          onClick={() => onChange(addedTest(rule, rule.all.length))}
          style={{ alignSelf: "flex-start" }}
          data-testid="group-and"
        >
          {t(rule.all.length === 0 ? "rule.add" : "rule.addAnd")}
        </Button>
      </Stack>
    </Panel>
  );
}
