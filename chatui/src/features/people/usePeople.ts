import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { Person } from "../../chat/model.ts";
import { useChatActions } from "../../chat/useChat.ts";
import { usePerson } from "../auth/usePerson.ts";

const typingMs = 200;

export interface People {
  readonly people: readonly Person[] | undefined;
  readonly error: unknown;
  again(): void;
}

/** usePeople searches the directory by name, ward or function. Oneself is never found. */
export function usePeople(query: string): People {
  const { search } = useChatActions();
  const { id: me } = usePerson();
  const [asked] = useDebouncedValue(query.trim(), typingMs);
  const { data, error, refetch } = useQuery({
    queryKey: ["people", asked],
    queryFn: () => search(asked),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    retry: false,
  });
  return { people: data?.filter(({ id }) => id !== me), error, again: () => void refetch() };
}
