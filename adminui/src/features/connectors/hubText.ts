import type { TFunction } from "i18next";
import said from "./said.json";

// What the hub says is English, made for its log too. said.json names the words for each of its
// sentences: formats as they stand in the hub's sources, which said_test.go reads. What is not
// there (a newer hub, a word of an operating system) is shown as it came.

interface Known {
  pattern: RegExp;
  key: string;
}

const holes: Record<string, string> = { "%d": "(\\d+)", "%q": '("[^"]*")', "%s": "(.+?)", "%w": "(.+)" };

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

/** patternOf is what a format comes to: a whole sentence, or the beginning of one that goes on. */
function patternOf(format: string): RegExp {
  const body = format
    .split(/(%[dqsw])/)
    .map((part) => holes[part] ?? escaped(part))
    .join("");
  if (format.startsWith("; ")) return new RegExp(`^(.+)${body}(.+)$`, "s");
  if (format.endsWith(" (")) return new RegExp(`^${body}(.+)\\)$`, "s");
  return new RegExp(`^${body}${format.endsWith(": ") ? "(.+)" : ""}$`, "s");
}

// Longer formats first: the more a format says, the better it fits.
const known: readonly Known[] = Object.entries(said)
  .sort(([a], [b]) => Number(b.startsWith("; ")) - Number(a.startsWith("; ")) || b.length - a.length)
  .map(([format, key]) => ({ pattern: patternOf(format), key }));

const within = Object.entries(said).filter(([format]) => !format.includes("%"));

// "fhirr4.pull: unavailable (forbidden): …", "ldap: … (result 49): …", "fhir: tls (status 401) …"
const border = /^[\w.]+: (?:internal|invalid|not_found|not found|conflict|unauthenticated|forbidden|too many|too_many|unavailable)(?: \((\w+)\))?(?: at [^:]+)?(?:: (.+))?$/s;
const directory = /^ldap: (.+?)(?: \(result (\d+)\))?(?:: .+)?$/s;
const rest = /^fhir: (\w+)(?: \(status (\d+)\))?(?: at .+?)?(?:: .+)?$/s;

/** faultWords are the words of a fault a run may end with, "" for a name without any. */
function faultWords(name: string | undefined, t: TFunction): string {
  return name ? t(`runs:fault.${name}`, { defaultValue: "" }) : "";
}

function numbered(text: string, number: string | undefined): string {
  return text && number ? `${text} (${number})` : text;
}

function sentence(text: string, t: TFunction): string {
  for (const { pattern, key } of known) {
    const found = pattern.exec(text);
    if (!found) continue;
    const holds = found.slice(1).map((part) => faultWords(part, t) || hubText(part, t));
    return t(key, { ...holds });
  }
  // The system's own words are wrapped in places: "listen tcp :2575: bind: address already in use".
  const word = within.find(([format]) => text.includes(format));
  return word ? t(word[1]) : "";
}

function wire(text: string, t: TFunction): string {
  const ldap = directory.exec(text);
  if (ldap) return numbered(sentence(ldap[1] ?? "", t) || faultWords(ldap[1], t), ldap[2]);
  const fhir = rest.exec(text);
  return fhir ? numbered(faultWords(fhir[1], t), fhir[2]) : "";
}

/** hubText says in the reader's language what the hub says of a connector; unknown words stay. */
export function hubText(text: string, t: TFunction): string {
  const crossed = border.exec(text);
  if (crossed) return (crossed[2] && worded(crossed[2], t)) || faultWords(crossed[1], t) || text;
  return worded(text, t) || text;
}

function worded(text: string, t: TFunction): string {
  return wire(text, t) || sentence(text, t);
}
