import { describe, expect, it } from "vitest";
import type { PersonAccount } from "../../api/directory.ts";
import { accountState, fullName } from "./accountState.ts";

const account: PersonAccount = { id: "1", login: "a", state: "active", locked_here: false, locked_there: false };

describe("accountState", () => {
  const cases: [PersonAccount | undefined, string][] = [
    [undefined, "account.none"],
    [account, "account.active"],
    [{ ...account, state: "invited" }, "account.invited"],
    [{ ...account, state: "locked", locked_here: true }, "account.lockedHere"],
    [{ ...account, state: "locked", locked_there: true }, "account.lockedThere"],
    [{ ...account, state: "locked", locked_here: true, locked_there: true }, "account.lockedBoth"],
  ];

  it.each(cases)("%j", (given, key) => expect(accountState(given).key).toBe(key));
});

it("fullName", () => {
  expect(fullName({ title: "Dr.", name: "Käthe Müller" })).toBe("Dr. Käthe Müller");
  expect(fullName({ title: "", name: "Käthe Müller" })).toBe("Käthe Müller");
});
