import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useChat } from "../../chat/useChat.ts";
import { useBoard } from "../auth/ClientProvider.tsx";
import { chatTitle } from "../chat/chatTitle.ts";
import { listRows, type ListRow } from "./listRows.ts";

/** useListRows is every room of this person in the order of the list. */
export function useListRows(): ListRow[] {
  const { t } = useTranslation("chat");
  const rooms = useBoard("rooms");
  const cards = useBoard("cards");
  const chats = useChat((state) => state.chats);
  return useMemo(() => listRows(rooms, cards.values(), chats, (chat) => chatTitle(chat, t)), [rooms, cards, chats, t]);
}
