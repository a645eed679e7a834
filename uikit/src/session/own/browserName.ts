const browsers: [RegExp, string][] = [
  [/Edg\//, "Edge"],
  [/Firefox\//, "Firefox"],
  [/OPR\//, "Opera"],
  [/Chrom(e|ium)\//, "Chrome"],
  [/Safari\//, "Safari"],
];

const systems: [RegExp, string][] = [
  [/iPhone|iPad/, "iOS"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/Linux/, "Linux"],
];

/** browserName shortens a User-Agent to what people call it; "" for what is not known. */
export function browserName(agent: string): string {
  const found = (list: [RegExp, string][]) => list.find(([pattern]) => pattern.test(agent))?.[1];
  return [found(browsers), found(systems)].filter(Boolean).join(" · ");
}
