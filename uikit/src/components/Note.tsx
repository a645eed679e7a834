import type { ReactNode } from "react";
import classes from "./Note.module.css";

export type NoteKind = "info" | "good" | "warn" | "danger";

interface Props {
  kind: NoteKind;
  icon: ReactNode;
  /** Spoken when it appears: "alert" at once, "status" when there is a pause. */
  role?: "alert" | "status" | "note";
  children: ReactNode;
  "data-testid"?: string;
}

/** Note is a framed remark in the colours of the priorities, which are readable in light and dark. */
export function Note({ kind, icon, role = "note", children, ...rest }: Props) {
  return (
    <div {...rest} className={classes["note"]} data-kind={kind} role={role}>
      <span className={classes["icon"]} aria-hidden="true">
        {icon}
      </span>
      <div>{children}</div>
    </div>
  );
}
