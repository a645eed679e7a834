import type { components, paths } from "@wardline/uikit/api/console.d.ts";
import type * as alerting from "./alerting.ts";
import type * as directory from "./directory.ts";
import type { ConsolePaths } from "./paths.ts";
import type * as staff from "./staff.ts";
import type * as systems from "./systems.ts";
import type * as talk from "./talk.ts";

type Documented = components["schemas"];

type None<Names extends never> = Names;

/** Names of Mine that the document does not have. */
type Extra<Mine, Theirs> = Exclude<keyof Mine, keyof Theirs>;

/**
 * Conformity fails to compile when the console asks for an address, or reads a field, that
 * docs/api/console.yaml does not have. The console's own types stay because they say more
 * than the document can: which words a state has, that a configuration is an object.
 */
export type Conformity = [
  None<Extra<ConsolePaths, paths>>,
  None<Extra<systems.Connector, Documented["ConnectorView"]>>,
  None<Extra<systems.Counters, Documented["CounterView"]>>,
  None<Extra<systems.Health, Documented["Health"]>>,
  None<Extra<systems.Kind, Documented["KindView"]>>,
  None<Extra<systems.Revision, Documented["RevisionView"]>>,
  None<Extra<systems.Difference, Documented["Difference"]>>,
  None<Extra<systems.Token, Documented["TokenView"]>>,
  None<Extra<systems.MessageDetail, Documented["MessageDetail"]>>,
  None<Extra<systems.Message, Documented["MessageView"]>>,
  None<Extra<systems.FaultCount, Documented["FaultView"]>>,
  None<Extra<systems.AuditLine, Documented["AuditView"]>>,
  None<Extra<directory.Person, Documented["PersonRow"]>>,
  None<Extra<directory.PersonAccount, Documented["AccountRow"]>>,
  None<Extra<directory.PersonDetail, Documented["PersonDetail"]>>,
  None<Extra<directory.PersonGroup, Documented["PersonGroup"]>>,
  None<Extra<directory.PersonValue, Documented["ValueRow"]>>,
  None<Extra<directory.Unit, Documented["UnitRow"]>>,
  None<Extra<directory.PlanDetail, Documented["PlanDetail"]>>,
  None<Extra<directory.PlanAction, Documented["Action"]>>,
  None<Extra<staff.Rules, Documented["MergeView"]>>,
  None<Extra<alerting.Alert, Documented["AlertRow"]>>,
  None<Extra<alerting.AlertDetail, Documented["AlertDetail"]>>,
  None<Extra<alerting.StoryEntry, Documented["StoryEntry"]>>,
  None<Extra<alerting.Overview, Documented["OverviewView"]>>,
  None<Extra<alerting.Rule, Documented["Rule"]>>,
  None<Extra<alerting.Match, Documented["Match"]>>,
  None<Extra<alerting.Policy, Documented["Policy"]>>,
  None<Extra<alerting.Trial, Documented["Trial"]>>,
  None<Extra<alerting.TrialSignal, Documented["TrySignal"]>>,
  None<Extra<talk.ChatHealth, Documented["ChatHealthView"]>>,
  None<Extra<talk.Unreadable, Documented["UnreadableView"]>>,
];
