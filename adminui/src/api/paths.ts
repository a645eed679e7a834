import type {
  Alert,
  AlertDetail,
  Overview,
  Rule,
  RuleList,
  Trial,
  TrialSignal,
} from "./alerting.ts";
import type { List } from "./list.ts";
import type { StaffPaths } from "./staffPaths.ts";
import type {
  AuditLine,
  Check,
  Connector,
  ConnectorWrite,
  FaultCount,
  JsonObject,
  Kind,
  Message,
  MessageDetail,
  Revision,
  Scope,
  Token,
} from "./systems.ts";
import type { ChatHealth } from "./talk.ts";
import type { Act, ById, Delete, Get, IfMatch, Json, Paged, Post, Query } from "./wire.ts";

/** ConsolePaths is what the console asks of its listener; the words are those of docs/api. */
export interface ConsolePaths extends StaffPaths {
  "/api/v1/me/password": Post<{ password: string; current?: string }, void>;
  "/api/v1/overview": Get<Overview>;
  "/api/v1/kinds": Get<List<Kind>>;
  "/api/v1/connectors": Get<List<Connector>> &
    Post<ConnectorWrite & { kind: string }, Connector>;
  "/api/v1/connectors/test": Post<
    { kind: string; id?: string; config: JsonObject },
    { checks: Check[] }
  >;
  "/api/v1/connectors/{id}": Get<Connector, ById> &
    Delete<ById> & {
      put: {
        parameters: ById & IfMatch;
        requestBody: Json<ConnectorWrite>;
        responses: { 200: Json<Connector> };
      };
    };
  "/api/v1/connectors/{id}/revisions": Get<List<Revision>, ById>;
  "/api/v1/connectors/{id}/revert": Post<{ revision: number }, Connector, ById>;
  "/api/v1/connectors/{id}/tokens": Get<List<Token>, ById> &
    Post<{ name: string; scopes: Scope[]; wards: string[] }, { id: string; token: string }, ById>;
  "/api/v1/connectors/{id}/tokens/{tid}": Delete<{ path: { id: string; tid: string } }>;
  "/api/v1/messages": Get<
    List<Message>,
    Query<"connector" | "type" | "control_id" | "status" | "fault" | "from" | "to" | Paged>
  >;
  "/api/v1/messages/errors": Get<List<FaultCount>>;
  "/api/v1/messages/{id}": Get<MessageDetail, ById>;
  "/api/v1/messages/{id}/replay": Act<ById, { status: string }>;
  "/api/v1/accounts/{id}/code": Act<ById, { code: string; expires: string }>;
  "/api/v1/accounts/{id}/lock": Act<ById>;
  "/api/v1/accounts/{id}/unlock": Act<ById>;
  "/api/v1/units/{id}/roles": Post<{ name: string }, { id: string }, ById>;
  "/api/v1/roles/{id}": Delete<ById>;
  "/api/v1/rules": Get<RuleList> & {
    put: {
      parameters: IfMatch;
      requestBody: Json<{ items: Rule[] }>;
      responses: { 200: Json<RuleList> };
    };
  };
  "/api/v1/rules/try": Post<{ signal: TrialSignal }, Trial>;
  "/api/v1/alerts": Get<List<Alert>, Query<"state" | Paged>>;
  "/api/v1/alerts/{id}": Get<AlertDetail, ById>;
  "/api/v1/chat": Get<ChatHealth>;
  "/api/v1/audit": Get<List<AuditLine>, Query<Paged>>;
}
