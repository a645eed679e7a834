import type { Delivery } from "../../chat/model.ts";
import classes from "./Message.module.css";

// One path each: a timeline of a thousand messages stays light.
const paths: Readonly<Record<Delivery, string>> = {
  queued: "M10 2.5a7.5 7.5 0 1 1 0 15a7.5 7.5 0 1 1 0-15M10 6v4.2l2.8 1.8",
  failed: "M10 2.5a7.5 7.5 0 1 1 0 15a7.5 7.5 0 1 1 0-15M10 6v4.5M10 13.4v.2",
  sent: "M4 10.5l4 4l8-9",
  delivered: "M1 10.5l4 4l8-9M9 14l.5.5l8-9",
  read: "M1 10.5l4 4l8-9M9 14l.5.5l8-9",
};

/** Ticks: clock, ✓, ✓✓, ✓✓ in colour, or a red mark. The words are in the label of the message. */
export function Ticks({ delivery }: { delivery: Delivery }) {
  return (
    <svg viewBox="0 0 20 20" className={classes["ticks"]} data-delivery={delivery} aria-hidden="true">
      <path d={paths[delivery]} />
    </svg>
  );
}
