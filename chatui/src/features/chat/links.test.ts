import { expect, it } from "vitest";
import { partsOf } from "./links.ts";

const links = (text: string): string[] => partsOf(text).flatMap(({ href }) => (href ? [href] : []));

it.each([
  ["nothing to open", "Bitte in Zimmer 12 nachsehen", []],
  ["an address", "siehe https://intranet.example/sop?id=4#b", ["https://intranet.example/sop?id=4#b"]],
  ["the end of a sentence", "(https://a.example/x). Danke", ["https://a.example/x"]],
  ["two of them", "https://a.example und https://b.example!", ["https://a.example/", "https://b.example/"]],
  ["http", "http://a.example", []],
  ["script", "javascript:alert(1) data:text/html,x", []],
  ["a host in disguise", "https://bank.example@evil.example/", []],
  ["no host", "https://", []],
  ["markup", '<a href="https://a.example/">x</a>', ["https://a.example/"]],
])("%s", (_name, text, expected) => {
  expect(links(text)).toEqual(expected);
  expect(partsOf(text).map((part) => part.text).join("")).toBe(text);
});
