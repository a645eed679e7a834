import type { TFunction } from "i18next";
import type { Chat } from "../../chat/model.ts";

/** chatTitle: a room has a name from the first moment, even before its own has been decrypted. */
export function chatTitle(chat: Pick<Chat, "title" | "kind">, say: TFunction<"chat">): string {
  return chat.title || say(`untitled.${chat.kind}`);
}
