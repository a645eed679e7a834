import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useChat } from "../../chat/useChat.ts";
import { usePerson } from "../auth/usePerson.ts";
import { localeOf } from "./dayText.ts";

/** Names says people by name: "Sie" for oneself. */
export interface Names {
  of(user: string): string;
  /** "Jan Weiß, Ayşe Yılmaz und Sie". */
  list(users: readonly string[]): string;
  isRecorder(user: string): boolean;
}

export function useNames(): Names {
  const { t, i18n } = useTranslation("chat");
  const people = useChat((state) => state.people);
  const { id } = usePerson();
  const of = useCallback(
    (user: string): string => (user === id ? t("you") : (people.get(user)?.name ?? t("somebody"))),
    [people, id, t],
  );
  return useMemo(() => {
    const format = new Intl.ListFormat(localeOf(i18n.language), { type: "conjunction" });
    return {
      of,
      list: (users) => format.format(users.map(of)),
      isRecorder: (user) => people.get(user)?.recorder ?? false,
    };
  }, [of, people, i18n.language]);
}
