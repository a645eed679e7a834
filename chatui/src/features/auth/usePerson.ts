import { useMe } from "@wardline/uikit/session/SessionProvider.tsx";

export interface Person {
  readonly id: string;
  readonly name: string;
}

export function usePerson(): Person {
  const { user_id, name } = useMe();
  return { id: user_id, name };
}
