import type { ReactNode } from "react";
import classes from "./DataTable.module.css";

export interface Column<Row> {
  /** Stable, for React. */
  id: string;
  header: string;
  cell: (row: Row) => ReactNode;
  /** Numbers are read from the right. */
  right?: boolean;
}

interface Props<Row> {
  /** What the table lists, for screen readers. */
  label: string;
  columns: Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** data-* attributes of a row. */
  rowData?: (row: Row) => Record<`data-${string}`, string>;
}

/**
 * DataTable is a table where there is room and a list of cards where there is not:
 * below 768 px each cell carries its column's name. The roles are written out because
 * `display: block` takes them from table elements.
 */
export function DataTable<Row>({ label, columns, rows, rowKey, rowData }: Props<Row>) {
  return (
    <div className={`wl-surface ${classes["frame"]}`}>
      <table className={classes["table"]} role="table" aria-label={label}>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <th key={column.id} role="columnheader" scope="col" data-right={column.right}>
                {column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={rowKey(row)} role="row" {...rowData?.(row)}>
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
