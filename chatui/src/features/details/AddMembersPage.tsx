import { Button, TextInput } from "@mantine/core";
import { IconInfoCircle, IconSearch } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { Note } from "@wardline/uikit/components/Note.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Chat } from "../../chat/model.ts";
import { useChat, useChatActions } from "../../chat/useChat.ts";
import { tellFailure } from "../chat/tellFailure.ts";
import { Chosen } from "../people/Chosen.tsx";
import people from "../people/People.module.css";
import { PeopleList } from "../people/PeopleList.tsx";
import { useChosen } from "../people/useChosen.ts";
import { usePeople } from "../people/usePeople.ts";
import { membersKey } from "./keys.ts";
import { mayManage, useMembers } from "./Members.tsx";
import { Side } from "./Side.tsx";

function Add({ chat }: { chat: Chat }) {
  const { t } = useTranslation("details");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { addMembers } = useChatActions();
  const [query, setQuery] = useState("");
  const chosen = useChosen();
  const { data } = useMembers(chat);
  const inside = new Set(data?.map(({ user }) => user));
  const run = useMutation({
    mutationFn: () => addMembers(chat.id, [...chosen.ids]),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: membersKey(chat.id) });
      await navigate({ to: "/chat/$id/details", params: { id: chat.id } });
    },
    onError: tellFailure,
  });
  return (
    <Side title={t("add.title")} room={chat.id} back="details">
      <div className={people["top"]}>
        <Note kind="info" icon={<IconInfoCircle />}>
          {t("add.history")}
        </Note>
        <Chosen people={chosen.people} onRemove={chosen.toggle} />
        <TextInput
          type="search"
          size="md"
          aria-label={t("add.search")}
          placeholder={t("add.search")}
          leftSection={<IconSearch size={18} aria-hidden="true" />}
          value={query}
          onChange={(change) => setQuery(change.currentTarget.value)}
          autoFocus
          data-testid="people-search"
        />
      </div>
      <div className={people["scroll"]}>
        <PeopleList
          found={usePeople(query)}
          label={t("add.people")}
          chosen={chosen.ids}
          barred={({ id }) => (inside.has(id) ? t("add.inside") : undefined)}
          onPick={chosen.toggle}
        />
      </div>
      <div className={people["foot"]} style={{ position: "sticky", bottom: 0 }}>
        <Button fullWidth disabled={chosen.people.length === 0} loading={run.isPending} onClick={() => run.mutate()} data-testid="add-chosen">
          {chosen.people.length > 0 ? t("add.count", { count: chosen.people.length }) : t("add.title")}
        </Button>
      </div>
    </Side>
  );
}

export function AddMembersPage() {
  const { id } = useParams({ from: "/chat/$id" });
  const chat = useChat((state) => state.chats.find((one) => one.id === id));
  return chat && mayManage(chat) ? <Add key={id} chat={chat} /> : null;
}
