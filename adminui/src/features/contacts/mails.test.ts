import { expect, it } from "vitest";
import { withMail, wrongMail } from "./mails.ts";

it.each([
  ["it@klinik.example", ""],
  ["  it@klinik.example  ", ""],
  ["IT@localhost", ""],
  ["", "address"],
  ["it", "address"],
  ["it@", "address"],
  ["it @klinik.example", "address"],
  ["IT <it@klinik.example>", "address"],
  [`${"x".repeat(250)}@k.de`, "address"],
  ["Leitung@Klinik.example", "known"],
])("%s is %s", (mail, wrong) => expect(wrongMail(mail, ["leitung@klinik.example"])).toBe(wrong));

it("an address takes another one's place, or the last", () => {
  const mails = ["a@k.example", "b@k.example"];
  expect(withMail(mails, "a@k.example", " c@k.example ")).toEqual(["c@k.example", "b@k.example"]);
  expect(withMail(mails, "", "c@k.example")).toEqual([...mails, "c@k.example"]);
  expect(withMail([], "", "c@k.example")).toEqual(["c@k.example"]);
  expect(mails).toEqual(["a@k.example", "b@k.example"]);
});
