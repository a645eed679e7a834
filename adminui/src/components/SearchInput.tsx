import { TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";

interface Props {
  label: string;
  placeholder?: string;
  value: string;
  onSearch: (text: string) => void;
  "data-testid"?: string;
}

/** SearchInput searches when the typing pauses, so that not each letter is a search. */
export function SearchInput({ label, placeholder, value, onSearch, ...rest }: Props) {
  const [typed, setTyped] = useState(value);
  const sent = useRef(value);
  const later = useDebouncedCallback((text: string) => {
    sent.current = text;
    onSearch(text);
  }, 300);
  // What changes from outside (back button, reset) is shown; what was typed here stays as typed.
  useEffect(() => {
    if (value !== sent.current) {
      sent.current = value;
      setTyped(value);
    }
  }, [value]);
  return (
    <TextInput
      type="search"
      label={label}
      {...(placeholder ? { placeholder } : {})}
      leftSection={<IconSearch size={18} aria-hidden="true" />}
      value={typed}
      maxLength={100}
      onChange={(change) => {
        setTyped(change.currentTarget.value);
        later(change.currentTarget.value.trim());
      }}
      style={{ flex: "1 1 240px" }}
      {...rest}
    />
  );
}
