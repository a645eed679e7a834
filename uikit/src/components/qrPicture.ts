import { encode } from "uqr";

/** QrPicture is drawn as <svg viewBox="0 0 size size"><path d={path}/></svg> on white; the quiet zone is in it. */
export interface QrPicture {
  readonly size: number;
  readonly path: string;
}

export function drawQr(text: string): QrPicture {
  const { data, size } = encode(text, { ecc: "M", border: 4 });
  return { size, path: data.flatMap(runs).join("") };
}

/** One rectangle for each run of dark modules in a row. */
function runs(row: readonly boolean[], y: number): string[] {
  const found: string[] = [];
  for (let x = 0; x < row.length; x++) {
    const start = x;
    while (row[x]) x++;
    if (x > start) found.push(`M${start} ${y}h${x - start}v1h${start - x}z`);
  }
  return found;
}
