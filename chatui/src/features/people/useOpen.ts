import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useChatActions } from "../../chat/useChat.ts";
import { tellFailure } from "../chat/tellFailure.ts";

/** useOpenDirect opens the conversation with a person, new or not. */
export function useOpenDirect() {
  const { openDirect } = useChatActions();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (user: string) => openDirect(user),
    onSuccess: (id) => navigate({ to: "/chat/$id", params: { id } }),
    onError: tellFailure,
  });
}

interface Group {
  title: string;
  users: readonly string[];
  alert?: string;
}

/** useOpenGroup opens a group; one of the same alert that is there already is opened instead. */
export function useOpenGroup() {
  const { openGroup } = useChatActions();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: ({ title, users, alert }: Group) => openGroup(title, users, alert),
    onSuccess: (id) => navigate({ to: "/chat/$id", params: { id } }),
    onError: tellFailure,
  });
}
