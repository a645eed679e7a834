import type { Person, PersonDetail, Plan, PlanAction, PlanDetail, Unit } from "./directory.ts";
import type { List } from "./list.ts";
import type { Import, ImportAsk, PassMode, Run, SourcePreview } from "./runs.ts";
import type {
  Bulk,
  Conflict,
  ConflictState,
  Entry,
  Following,
  FollowingRow,
  Group,
  GroupSave,
  Membership,
  RosterPlan,
  Rules,
  RulesForm,
  RulesPreview,
  Shift,
  Undone,
  UnitEdit,
} from "./staff.ts";
import type { JsonObject } from "./systems.ts";
import type { Act, ById, Delete, Get, IfMatch, Paged, Post, Put, Query, Upload } from "./wire.ts";

/** StaffPaths is the part of the console that is about people; docs/protocols/staff.md says why. */
export interface StaffPaths {
  "/api/v1/persons": Get<
    List<Person>,
    Query<"q" | "unit" | "state" | "source" | "group" | "sort" | "dir" | Paged>
  > &
    Post<{ entry: Entry; confirm: boolean }, { id: string }>;
  "/api/v1/persons/{id}": Get<PersonDetail, ById>;
  "/api/v1/persons/{id}/values": Put<Entry, void, ById>;
  "/api/v1/persons/{id}/erase": Post<{ type_to_confirm: string }, void, ById>;
  "/api/v1/persons/bulk": Post<{ bulk: Bulk; dry: boolean }, PlanDetail>;
  "/api/v1/plans": Get<List<Plan>, Query<"state" | Paged>>;
  "/api/v1/plans/{id}": Get<PlanDetail, ById>;
  "/api/v1/plans/{id}/actions": Get<List<PlanAction>, ById & Query<"op" | "q" | "problem" | Paged>>;
  "/api/v1/plans/{id}/approve": Post<{ type_to_confirm: string }, void, ById>;
  "/api/v1/plans/{id}/reject": Post<{ comment: string }, void, ById>;
  "/api/v1/plans/{id}/undo": Act<ById, Undone>;
  "/api/v1/conflicts": Get<List<Conflict>, Query<"state" | Paged>>;
  "/api/v1/conflicts/{id}": Post<{ as: ConflictState; person_id?: string }, void, ById>;
  "/api/v1/directory/rules": Get<Rules> & Put<RulesForm, Rules, IfMatch>;
  "/api/v1/directory/rules/preview": Post<RulesForm, RulesPreview>;
  "/api/v1/contacts": Get<{ mails: string[] }> & Put<{ mails: string[] }, { mails: string[] }>;
  "/api/v1/connectors/{id}/runs": Get<List<Run>, ById & Query<Paged>> &
    Post<{ mode: PassMode; dry: boolean }, Run, ById>;
  "/api/v1/connectors/preview": Post<{ kind: string; id?: string; config: JsonObject }, SourcePreview>;
  "/api/v1/runs": Get<List<Run>, Query<"connector" | Paged>>;
  "/api/v1/runs/{id}": Get<Run, ById>;
  "/api/v1/imports": Upload<Import>;
  "/api/v1/imports/{id}/dry": Post<ImportAsk, Run, ById>;
  "/api/v1/imports/{id}/apply": Post<ImportAsk, Run, ById>;
  "/api/v1/groups": Get<List<Group>> & Post<GroupSave, Group>;
  "/api/v1/groups/preview": Post<GroupSave & { id?: string }, Membership>;
  "/api/v1/groups/{id}": Put<GroupSave, Group, ById> & Delete<ById>;
  "/api/v1/groups/{id}/members": Get<List<Person>, ById & Query<Paged>>;
  "/api/v1/units": Get<List<Unit>> & Post<UnitEdit, { id: string }>;
  "/api/v1/units/{id}": Put<UnitEdit, void, ById>;
  "/api/v1/followings": Get<List<FollowingRow>> & Put<{ following: Following; on: boolean }, void>;
  "/api/v1/rosters/dry": Upload<RosterPlan>;
  "/api/v1/rosters": Upload<RosterPlan>;
  "/api/v1/shifts": Get<List<Shift>, Query<"from" | "until">>;
}
