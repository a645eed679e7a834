import { Checkbox } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import classes from "./DataTable.module.css";

export interface Column<Row> {
  /** Stable, for React. */
  id: string;
  header: string;
  cell: (row: Row) => ReactNode;
  /** Numbers are read from the right. */
  right?: boolean;
  /** The server's name of this order, where the table can be sorted by the column. */
  sort?: string;
}

export interface Order {
  by: string;
  dir: "asc" | "desc";
}

/** Selection keeps keys of rows; the page knows what else may be selected. */
export interface Selection {
  has: (key: string) => boolean;
  toggle: (key: string) => void;
  /** All rows on the screen, or none of them. */
  toggleAll: (keys: string[]) => void;
  /** Names a row for screen readers. */
  nameOf: (key: string) => string;
}

interface Props<Row> {
  /** What the table lists, for screen readers. */
  label: string;
  columns: Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** data-* attributes of a row. */
  rowData?: (row: Row) => Record<`data-${string}`, string>;
  order?: Order;
  onOrder?: (order: Order) => void;
  selection?: Selection;
}

type HeadProps<Row> = Pick<Props<Row>, "columns" | "order" | "onOrder">;

function Head<Row>({ columns, order, onOrder }: HeadProps<Row>) {
  return columns.map((column) => {
    const here = order && column.sort === order.by ? order.dir : undefined;
    const next = here === "asc" ? "desc" : "asc";
    return (
      <th
        key={column.id}
        role="columnheader"
        scope="col"
        data-right={column.right}
        {...(here ? { "aria-sort": here === "asc" ? ("ascending" as const) : ("descending" as const) } : {})}
      >
        {column.sort && onOrder ? (
          <button
            type="button"
            className={classes["sort"]}
            onClick={() => onOrder({ by: column.sort ?? "", dir: next })}
            data-testid={`sort-${column.sort}`}
          >
            {column.header}
            <span aria-hidden="true" className={classes["arrow"]}>
              {here === "asc" ? "▲" : here === "desc" ? "▼" : "↕"}
            </span>
          </button>
        ) : (
          column.header
        )}
      </th>
    );
  });
}

function SelectAll({ keys, selection }: { keys: string[]; selection: Selection }) {
  const { t } = useTranslation();
  const chosen = keys.filter(selection.has).length;
  return (
    <th role="columnheader" scope="col" className={classes["pick"]}>
      <Checkbox
        aria-label={t("selectAll")}
        checked={chosen === keys.length}
        indeterminate={chosen > 0 && chosen < keys.length}
        onChange={() => selection.toggleAll(keys)}
        data-testid="select-all"
      />
    </th>
  );
}

function SelectRow({ row, selection }: { row: string; selection: Selection }) {
  const { t } = useTranslation();
  return (
    <td role="cell" className={classes["pick"]}>
      <Checkbox
        aria-label={t("selectRow", { name: selection.nameOf(row) })}
        checked={selection.has(row)}
        onChange={() => selection.toggle(row)}
        data-testid="select-row"
      />
    </td>
  );
}

/**
 * DataTable is a table where there is room and a list of cards where there is not:
 * below 768 px each cell carries its column's name. The roles are written out because
 * `display: block` takes them from table elements.
 */
export function DataTable<Row>(props: Props<Row>) {
  const { label, columns, rows, rowKey, rowData, order, onOrder, selection } = props;
  return (
    <div className={`wl-surface ${classes["frame"]}`}>
      <table className={classes["table"]} role="table" aria-label={label}>
        <thead role="rowgroup">
          <tr role="row">
            {selection && <SelectAll keys={rows.map(rowKey)} selection={selection} />}
            <Head columns={columns} {...(order ? { order } : {})} {...(onOrder ? { onOrder } : {})} />
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={rowKey(row)} role="row" {...rowData?.(row)}>
              {selection && <SelectRow row={rowKey(row)} selection={selection} />}
              {columns.map((column) => (
                <td key={column.id} role="cell" data-right={column.right}>
                  <span className={classes["name"]} aria-hidden="true">
                    {column.header}
                  </span>
                  <div className={classes["value"]}>{column.cell(row)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
