import { ActionIcon, Button, SegmentedControl, TextInput, Title } from "@mantine/core";
import { IconArrowLeft, IconSearch } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useChat } from "../../chat/useChat.ts";
import { LinkPanel } from "../linking/LinkPanel.tsx";
import panes from "../rooms/RoomList.module.css";
import { RoomList } from "../rooms/RoomList.tsx";
import { Chosen } from "./Chosen.tsx";
import classes from "./People.module.css";
import { PeopleList } from "./PeopleList.tsx";
import { useChosen } from "./useChosen.ts";
import { useOpenDirect, useOpenGroup } from "./useOpen.ts";
import { usePeople } from "./usePeople.ts";

/** The longest title of a group, in characters. */
export const longestTitle = 100;

function Search({ query, onChange }: { query: string; onChange: (query: string) => void }) {
  const { t } = useTranslation("people");
  return (
    <TextInput
      type="search"
      size="md"
      aria-label={t("search")}
      placeholder={t("search")}
      leftSection={<IconSearch size={18} aria-hidden="true" />}
      value={query}
      onChange={(change) => onChange(change.currentTarget.value)}
      data-autofocus
      autoFocus
      data-testid="people-search"
    />
  );
}

function Direct() {
  const { t } = useTranslation("people");
  const [query, setQuery] = useState("");
  const open = useOpenDirect();
  return (
    <>
      <div className={classes["top"]}>
        <Search query={query} onChange={setQuery} />
      </div>
      <div className={classes["scroll"]}>
        <PeopleList found={usePeople(query)} label={t("people")} busy={open.isPending} onPick={({ id }) => open.mutate(id)} />
      </div>
    </>
  );
}

function Group() {
  const { t } = useTranslation("people");
  const [query, setQuery] = useState("");
  const [title, setTitle] = useState("");
  const chosen = useChosen();
  const open = useOpenGroup();
  const ready = title.trim() !== "" && chosen.people.length > 0;
  return (
    <form
      style={{ display: "contents" }}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) open.mutate({ title: title.trim(), users: chosen.people.map(({ id }) => id) });
      }}
    >
      <div className={classes["top"]}>
        <TextInput
          label={t("groupTitle")}
          description={t("groupTitleHint")}
          maxLength={longestTitle}
          size="md"
          required
          value={title}
          onChange={(change) => setTitle(change.currentTarget.value)}
          autoFocus
          data-testid="group-title"
        />
        <Chosen people={chosen.people} onRemove={chosen.toggle} />
        <TextInput
          type="search"
          size="md"
          aria-label={t("search")}
          placeholder={t("search")}
          leftSection={<IconSearch size={18} aria-hidden="true" />}
          value={query}
          onChange={(change) => setQuery(change.currentTarget.value)}
          // Enter while searching must not make a half-filled group.
          onKeyDown={(stroke) => stroke.key === "Enter" && stroke.preventDefault()}
          data-testid="people-search"
        />
      </div>
      <div className={classes["scroll"]}>
        <PeopleList found={usePeople(query)} label={t("people")} chosen={chosen.ids} onPick={chosen.toggle} />
      </div>
      <div className={classes["foot"]}>
        <Button type="submit" fullWidth disabled={!ready} loading={open.isPending} data-testid="create-group">
          {chosen.people.length > 0 ? t("create", { count: chosen.people.length }) : t("createNone")}
        </Button>
      </div>
    </form>
  );
}

function Form() {
  const { t } = useTranslation("people");
  const [kind, setKind] = useState("direct");
  return (
    <section className={classes["page"]} aria-label={t("title")}>
      <div className={classes["top"]}>
        <div className={classes["titleRow"]}>
          <ActionIcon component={Link} to="/" size={44} aria-label={t("back")}>
            <IconArrowLeft size={24} />
          </ActionIcon>
          <Title order={1} size="h3">
            {t("title")}
          </Title>
        </div>
        <SegmentedControl
          fullWidth
          size="md"
          aria-label={t("kind.label")}
          value={kind}
          onChange={setKind}
          data={[
            { value: "direct", label: t("kind.direct") },
            { value: "group", label: t("kind.group") },
          ]}
          data-testid="new-kind"
        />
      </div>
      {kind === "direct" ? <Direct /> : <Group />}
    </section>
  );
}

/** NewChatPage finds people and opens a conversation: with one by a tap, with several as a group. */
export function NewChatPage() {
  const link = useChat((state) => state.link);
  return (
    <div className={panes["panes"]} data-fixed>
      <aside className={`${panes["listPane"]} ${panes["second"]}`}>
        <RoomList />
      </aside>
      <div className={panes["roomPane"]}>{link.step === "pending" ? <LinkPanel link={link} /> : <Form />}</div>
    </div>
  );
}
