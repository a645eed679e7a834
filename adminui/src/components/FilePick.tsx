import { Text } from "@mantine/core";
import { IconFileUpload } from "@tabler/icons-react";
import { useId, useState, type DragEvent } from "react";
import { useTranslation } from "react-i18next";
import classes from "./FilePick.module.css";

interface Props {
  label: string;
  /** What may be picked, such as ".csv,.xlsx". */
  accept: string;
  hint: string;
  file: File | null;
  onPick: (file: File) => void;
}

/**
 * FilePick takes a file by dropping it or by the browser's own chooser. The input itself
 * lies over the whole field, so that keyboard and screen reader meet a real file input.
 */
export function FilePick({ label, accept, hint, file, onPick }: Props) {
  const { t, i18n } = useTranslation();
  const id = useId();
  const [over, setOver] = useState(false);
  const dropped = (drop: DragEvent): void => {
    drop.preventDefault();
    setOver(false);
    const [first] = drop.dataTransfer.files;
    if (first) onPick(first);
  };
  const size = file ? `${Math.max(1, Math.round(file.size / 1024)).toLocaleString(i18n.language)} KiB` : "";
  return (
    <div
      className={classes["field"]}
      data-over={over}
      onDragOver={(drag) => {
        drag.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={dropped}
    >
      <IconFileUpload size={28} aria-hidden="true" />
      <label htmlFor={id}>
        <Text component="span" fw={600} display="block">
          {label}
        </Text>
        <Text component="span" size="sm" c="dimmed" display="block">
          {file ? t("filePicked", { name: file.name, size }) : hint}
        </Text>
      </label>
      <input
        id={id}
        type="file"
        accept={accept}
        className={classes["input"]}
        onChange={(change) => {
          const [first] = change.currentTarget.files ?? [];
          if (first) onPick(first);
          // The same file, mended, can be picked again.
          change.currentTarget.value = "";
        }}
        data-testid="file-pick"
      />
    </div>
  );
}
