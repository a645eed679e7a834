import { describe, expect, it } from "vitest";
import { isScheduled, stepsDone, type PullProgress } from "./pullSteps.ts";

const fresh: PullProgress = { tested: false, previewed: false, saved: false, runs: [], config: {} };
const nightly = { schedule: { changes_minutes: 0, full_at: "02:30" } };

describe("stepsDone", () => {
  it.each<[string, Partial<PullProgress>, number]>([
    ["nothing yet", {}, 0],
    ["tested", { tested: true }, 1],
    ["seen people", { tested: true, previewed: true }, 2],
    ["saved", { tested: true, previewed: true, saved: true }, 3],
    ["saved untested is no progress", { saved: true }, 0],
    ["a dry run vouches for the rest", { saved: true, runs: [{ state: "dry" }] }, 4],
    ["so does a run that was rejected", { saved: true, runs: [{ state: "rejected" }] }, 4],
    ["a failed run proves nothing", { saved: true, runs: [{ state: "failed" }] }, 0],
    ["scheduled", { saved: true, runs: [{ state: "held" }], config: nightly }, 5],
    ["a schedule before the first dry run", { tested: true, config: nightly }, 1],
  ])("%s", (_, progress, steps) => expect(stepsDone({ ...fresh, ...progress })).toBe(steps));
});

it.each([
  [nightly, true],
  [{ schedule: { changes_minutes: 15 } }, true],
  [{ schedule: { changes_minutes: 0, full_at: "" } }, false],
  [{ schedule: null }, false],
  [{}, false],
])("isScheduled(%j)", (config, is) => expect(isScheduled(config)).toBe(is));
