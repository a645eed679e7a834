/** rawLines splits a message as HL7 does, at CR, which the hub writes as the two characters \r. */
export function rawLines(raw: string): string[] {
  return raw.split(/\\r\\n|\\r|\r\n|\r|\n/).filter((line) => line !== "");
}

/** sizeText writes bytes the short way: "812 B", "1,2 kB". */
export function sizeText(bytes: number, language: string): string {
  if (bytes < 1_000) return `${bytes} B`;
  const kilo = new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(bytes / 1_000);
  return `${kilo} kB`;
}
