import { useEffect, useReducer, useState, type Dispatch } from "react";
import type { Rule, RuleList } from "../../api/alerting.ts";
import { ruleList, sameRules, type RuleAction } from "./ruleList.ts";

export interface Draft {
  items: readonly Rule[];
  /** The revision the editing began with. */
  revision: number;
  dirty: boolean;
  dispatch: Dispatch<RuleAction>;
  /** Forgets what was edited and takes the stored list. */
  reset: (list: RuleList) => void;
}

/** useDraft holds the edited list; a list nobody has touched follows what others save. */
export function useDraft(stored: RuleList): Draft {
  const [base, setBase] = useState(stored);
  const [items, dispatch] = useReducer(ruleList, stored.items);
  const dirty = !sameRules(items, base.items);
  const reset = (list: RuleList): void => {
    setBase(list);
    dispatch({ type: "reset", items: list.items });
  };
  useEffect(() => {
    if (dirty || stored.revision === base.revision) return;
    setBase(stored);
    dispatch({ type: "reset", items: stored.items });
  }, [dirty, stored, base.revision]);
  useEffect(() => {
    if (!dirty) return;
    const ask = (leaving: BeforeUnloadEvent): void => leaving.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [dirty]);
  return { items, revision: base.revision, dirty, dispatch, reset };
}
