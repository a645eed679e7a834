// A small clinic for looking at the console without a hub. The names are invented.
const now = Date.now();
const ago = (seconds) => new Date(now - seconds * 1000).toISOString();
const id = (n) => `00000000-0000-7000-8000-${String(n).padStart(12, "0")}`;

const kis = { id: id(1), name: "KIS Stammdaten", kind: "hl7v2-mllp" };
const call = { id: id(2), name: "Rufanlage Haus A", kind: "espa-x" };
const http = { id: id(3), name: "Monitoring", kind: "alarm-http" };

export const me = {
  user_id: id(900),
  login: "admin",
  name: "Ines Vogt",
  level: "admin",
  clinic: { id: id(901), name: "Klinikum Musterstadt" },
  demo: true,
  device_id: "",
  version: "0.1.0",
  has_password: true,
};

export const overview = {
  connectors: [
    { ...kis, state: "up", since: ago(86000) },
    { ...call, state: "down", since: ago(240), detail: "heartbeat lost; next try in 30s" },
    { ...http, state: "degraded", since: ago(4000), detail: "certificate ends in 5 days" },
  ],
  todos: [
    { kind: "plan_held", count: 1, ref: id(50) },
    { kind: "connector_down", count: 1, ref: call.id },
    { kind: "message_errors", count: 12 },
    { kind: "uncovered_role", count: 3 },
    { kind: "activation_open", count: 41 },
  ],
  alerts: { running: 3, exhausted_24h: 2, accepted_24h: 214, p50_accept_ms_24h: 18400, p99_first_device_ms_24h: 412 },
  persons: { active: 498, locked: 7 },
  accounts: { invited: 41, active: 450, locked: 7 },
  raw_last_hour: 1312,
};

const text = (description, more = {}) => ({ type: "string", description, ...more });

const espaSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  additionalProperties: false,
  required: ["user"],
  "x-order": ["address", "user", "password", "allowed_peers", "heartbeat_seconds", "missed_heartbeats", "max_frame_bytes", "signal_kind", "bed_pattern", "send_names", "tls"],
  $defs: {
    TLS: {
      type: "object",
      additionalProperties: false,
      "x-order": ["enabled", "cert", "key"],
      properties: {
        enabled: { type: "boolean", description: "TLS verwenden. / Use TLS." },
        cert: text("Zertifikat (PEM). / Certificate (PEM)."),
        key: text("Schlüssel (PEM). / Key (PEM).", { writeOnly: true, format: "password" }),
      },
    },
  },
  properties: {
    address: text("Adresse und Port, auf denen die Rufanlage sich anmeldet. / Address and port the nurse-call system logs in at.", { pattern: "^[^:]*:[0-9]{1,5}$" }),
    user: text("Benutzer der Rufanlage (4 bis 12 Zeichen). / User of the nurse-call system (4 to 12 characters).", { minLength: 4, maxLength: 12 }),
    password: text("Passwort (4 bis 12 Zeichen). / Password (4 to 12 characters).", { minLength: 4, maxLength: 12, writeOnly: true, format: "password" }),
    allowed_peers: { type: "array", items: { type: "string" }, description: "Netze oder Adressen, von denen die Anlage kommen darf. Leer: alle. / Networks or addresses the system may come from. Empty: all." },
    heartbeat_seconds: { type: "integer", format: "int64", minimum: 1, maximum: 300, description: "Abstand der Lebenszeichen in Sekunden. / Seconds between signs of life." },
    missed_heartbeats: { type: "integer", format: "int64", minimum: 1, maximum: 20, description: "So viele fehlende Lebenszeichen gelten als Ausfall. / So many missing signs of life count as a loss." },
    max_frame_bytes: { type: "integer", format: "int64", minimum: 4096, maximum: 1048576, description: "Größte Nachricht in Byte. / Largest message in bytes." },
    signal_kind: text("Art der Rufe, auf die Regeln sich beziehen. / Kind of the calls, as rules refer to it.", { minLength: 1, maxLength: 64 }),
    bed_pattern: text("Regulärer Ausdruck mit den Gruppen room und bed, der CP-BED zerlegt. / Regular expression with groups room and bed that takes CP-BED apart.", { maxLength: 200 }),
    send_names: { type: "boolean", description: "Der Anlage den Namen der Person nennen, die kommt. / Tell the system the name of who comes." },
    tls: { $ref: "#/$defs/TLS" },
  },
};

const hl7Schema = {
  type: "object",
  additionalProperties: false,
  required: [],
  "x-order": ["address", "mode", "wards"],
  $defs: { Ward: { type: "object", required: ["code"], additionalProperties: false, "x-order": ["code", "name"], properties: { code: text("Kürzel"), name: text("Name") } } },
  properties: {
    address: text("Adresse. / Address.", { pattern: "^[^:]*:[0-9]{1,5}$" }),
    mode: { type: "string", enum: ["original", "enhanced"], description: "Quittungen. / Acknowledgements." },
    wards: { type: "array", items: { $ref: "#/$defs/Ward" }, description: "Stationen. / Wards." },
  },
};

const capabilities = { test: true, sync: false, answer: true, tokens: false, replay: true };

export const kinds = {
  items: [
    { name: "hl7v2-mllp", schema: hl7Schema, defaults: { address: "0.0.0.0:2575", mode: "original", wards: [] }, capabilities },
    { name: "espa-x", schema: espaSchema, defaults: { address: "0.0.0.0:2023", heartbeat_seconds: 10, missed_heartbeats: 3, max_frame_bytes: 65536, signal_kind: "nurse-call", bed_pattern: "^(?P<room>[^-/ ]+)[-/ ](?P<bed>.+)$", send_names: true, allowed_peers: [], tls: { enabled: false } }, capabilities },
    { name: "alarm-http", schema: { type: "object", additionalProperties: false, properties: { signal_kind: text("Art der Rufe.") }, "x-order": ["signal_kind"] }, defaults: { signal_kind: "monitor" }, capabilities: { ...capabilities, test: false, tokens: true } },
  ],
};

const counters = (received, errors, held, at) => ({ received, applied: received - errors - held, errors, duplicates: 3, held, last_at: at });

export const connectors = {
  items: [
    { ...kis, enabled: true, revision: 4, config: { address: "0.0.0.0:2575", mode: "enhanced", wards: [{ code: "4B", name: "Station 4B" }] }, secrets: {}, health: { state: "up", since: ago(86000), peers: 1 }, counters: counters(15320, 12, 1, ago(12)), counts: { named: { warning_charset: 4 } } },
    { ...call, enabled: true, revision: 2, config: { ...kinds.items[1].defaults, user: "rufanlage" }, secrets: { password: "set", "tls.key": "not set" }, health: { state: "down", since: ago(240), detail: "heartbeat lost; next try in 30s", peers: 0 }, counters: counters(2210, 0, 0, ago(260)), counts: { named: { link_lost: 2, logins: 3 } } },
    { ...http, enabled: false, revision: 1, config: { signal_kind: "monitor" }, secrets: {}, health: { state: "stopped", since: ago(4000) }, counters: counters(0, 0, 0), counts: { named: {} } },
  ],
};

export const revisions = {
  items: [
    { revision: 2, at: ago(3600), author: { user_id: me.user_id, name: me.name }, comment: "Port nach Wunsch der Medizintechnik", config: connectors.items[1].config, diff: [{ path: "address", from: "0.0.0.0:2022", to: "0.0.0.0:2023" }, { path: "allowed_peers[0]", from: null, to: "10.20.0.0/16" }] },
    { revision: 1, at: ago(90000), author: { user_id: me.user_id, name: me.name }, comment: "", config: { ...connectors.items[1].config, address: "0.0.0.0:2022" }, diff: [] },
  ],
};

export const tokens = { items: [{ id: id(80), name: "Alertmanager", scopes: ["trigger", "resolve"], wards: ["4B"], created: ago(90000) }] };

export const checks = { checks: [{ name: "listen", ok: true, detail: "0.0.0.0:2023 is free" }, { name: "login", ok: false, detail: "no system has logged in yet" }] };

const message = (n, more) => ({ id: id(100 + n), connector: kis, received: ago(20 * n), type: "MFN^M02", control_id: `4711${n}`, peer: "10.20.0.17:51342", size: 812, status: "applied", warnings: [], ...more });

export const messages = {
  items: [
    message(1, {}),
    message(2, { status: "error", fault: { name: "required_field", where: "STF-3", reason: "the staff member has no name" } }),
    message(3, { status: "held", control_id: "REP-2026-11-22-000001" }),
    message(4, { connector: call, type: "P-START", status: "applied", control_id: "" }),
    message(5, { status: "duplicate", warnings: ["charset_guessed"] }),
  ],
  next: "more",
};

export const faults = { items: [{ name: "required_field", count: 9, last_at: ago(40), connector: kis }, { name: "unknown_unit", count: 3, last_at: ago(4000), connector: kis }] };

export const messageDetail = {
  ...messages.items[1],
  warnings: ["charset_guessed"],
  raw: "MSH|^~\\&|KIS|HAUS|WARDLINE|HAUS|20261122120000||MFN^M02|47112|P|2.5|||AL|NE||8859/1\\rMFI|STF^Staff master^HL70175||UPD|||AL\\rMFE|MUP|||P4711\\rSTF|P4711|4711||N|F|19800101|A|ICU^4B",
  segments: [
    { name: "MSH", fields: [{ no: 3, value: "KIS" }, { no: 9, value: "MFN^M02", comps: ["MFN", "M02"] }, { no: 10, value: "47112" }] },
    { name: "MFI", fields: [{ no: 1, value: "STF^Staff master^HL70175", comps: ["STF", "Staff master", "HL70175"] }, { no: 3, value: "UPD" }] },
    { name: "STF", fields: [{ no: 1, value: "P4711" }, { no: 2, value: "4711" }, { no: 8, value: "ICU^4B", comps: ["ICU", "4B"] }] },
  ],
  effect: { changes: [{ op: "put", fields: { staff_number: "4711" } }], plan_id: id(50), alert_id: id(60) },
};

const ward = { code: "4B", name: "Station 4B Innere" };
const person = (n, name, more) => ({ id: id(200 + n), staff_number: `47${10 + n}`, name, title: "", units: [ward], active: true, account: { id: id(300 + n), login: name.toLowerCase().replace(/\W/g, "."), state: "active", locked_here: false, locked_there: false, last_seen: ago(60 * n) }, ...more });

export const persons = {
  items: [
    person(1, "Käthe Müller", {}),
    person(2, "Mehmet Yıldız-Oberhausen von der Heide", { title: "Dr." }),
    person(3, "Anna Schmidt", { account: { id: id(303), login: "anna.schmidt", state: "invited", locked_here: false, locked_there: false } }),
    person(4, "Jens Petersen", { account: { id: id(304), login: "jens", state: "locked", locked_here: true, locked_there: false } }),
    person(5, "Ute Lang", { active: false, account: { id: id(305), login: "ute", state: "locked", locked_here: true, locked_there: true } }),
  ],
};

const ref = { id: id(101), control_id: "47111", type: "MFN^M02" };

export const personDetail = {
  ...persons.items[0],
  values: [
    { field: "family_name", text: "Müller", source: kis, message: ref, at: ago(4000) },
    { field: "given_name", text: "Käthe", source: kis, message: ref, at: ago(4000) },
    { field: "extension", text: "4711", source: { id: "", name: "Konsole" }, at: ago(100) },
  ],
  history: [{ field: "family_name", from: "Meier", to: "Müller", source: kis, message: ref, at: ago(4000) }],
  devices: [{ id: id(70), name: "Firefox auf Windows", last_seen: ago(30) }],
  duty: ["Pflege Station 4B"],
};

const role = (n, name, ...people) => ({ id: id(400 + n), name, on_duty: people });

export const units = {
  items: [
    { id: id(10), code: "HAUS", name: "Klinikum Musterstadt", kind: "house", persons: 498, roles: [role(1, "Technische Bereitschaft", { user_id: me.user_id, name: me.name })] },
    { id: id(11), code: "INN", name: "Klinik für Innere Medizin", kind: "clinic", parent_id: id(10), persons: 120, source: kis, roles: [] },
    { id: id(12), code: "4B", name: "Station 4B Innere", kind: "ward", parent_id: id(11), persons: 24, source: kis, roles: [role(2, "Pflege Station 4B", { user_id: id(301), name: "Käthe Müller" }, { user_id: id(302), name: "Mehmet Yıldız" }), role(3, "Arzt Station 4B")] },
    { id: id(13), code: "ICU", name: "Intensivstation", kind: "ward", parent_id: id(11), persons: 40, source: kis, roles: [] },
  ],
};

export const plans = {
  items: [
    { id: id(50), connector: kis, message: { id: id(103), control_id: "REP-2026-11-22-000001" }, created: ago(900), state: "held", reason: { code: "shrunk", numbers: { known: 500, mentioned: 10, missing: 490, locks: 3, limit_percent: 5, limit_accounts: 25 } }, problems: 0, counts: { create: 1, update: 1, lock: 3, unlock: 0 } },
    { id: id(51), connector: kis, created: ago(90000), state: "applied", reason: { code: "too_many_locks", numbers: { known: 500, locks: 30, limit_percent: 5, limit_accounts: 25 } }, problems: 0, counts: { create: 0, update: 0, lock: 30, unlock: 0 } },
  ],
};

export const planDetail = {
  ...plans.items[0],
  units: [{ code: "4B", name: "Station 4B Innere" }],
  actions: [
    { op: "create", key: "P1", person: { name: "Olga Neu", staff_number: "9001" }, fields: [{ field: "login", from: "", to: "olga.neu" }], units: { gain: ["4B"], lose: [] } },
    { op: "update", key: "P2", person: { id: id(201), name: "Käthe Müller", staff_number: "4711" }, fields: [{ field: "family_name", from: "Meier", to: "Müller" }], units: { gain: ["4B"], lose: ["ICU"] } },
    { op: "lock", key: "P3", person: { id: id(204), name: "Jens Petersen", staff_number: "4714" }, fields: [{ field: "status", from: "working", to: "gone" }], units: { gain: [], lose: ["4B"] } },
    { op: "lock", key: "P4", person: { id: id(205), name: "Ute Lang", staff_number: "4715" }, fields: [], units: { gain: [], lose: ["4B"] } },
    { op: "lock", key: "P5", person: { id: id(206), name: "Karl Ende", staff_number: "4716" }, fields: [], units: { gain: [], lose: [] } },
  ],
};

const policy = { steps: [{ targets: [{ kind: "duty" }], seconds: 30 }, { targets: [{ kind: "ward" }, { kind: "group", code: "REA" }], seconds: 60 }, { targets: [{ kind: "admins" }], seconds: 120 }], need: 1, accept_seconds: 900, max_seconds: 86400 };

export const rules = {
  revision: 7,
  items: [
    { id: id(501), name: "Herzalarm Intensiv", enabled: true, catch_all: false, match: { kinds: ["cardiac"], wards: ["ICU"], min_priority: 3 }, policy: { ...policy, need: 2 } },
    { id: id(502), name: "Nachts Haus A", enabled: true, catch_all: false, match: { connectors: [call.id], from: "22:00", to: "06:00", weekdays: [1, 2, 3, 4, 5] }, policy },
    { id: id(503), name: "Test", enabled: false, catch_all: false, match: { rooms: ["302"] }, policy },
    { id: id(504), name: "Alle Rufe", enabled: true, catch_all: true, match: {}, policy },
  ],
};

export const trial = {
  rule: { id: id(504), name: "Alle Rufe", position: 4 },
  steps: [
    { seconds: 30, targets: [{ kind: "duty" }], recipients: [{ user_id: id(301), name: "Käthe Müller", devices: 1 }, { user_id: id(302), name: "Mehmet Yıldız", devices: 0 }] },
    { seconds: 60, targets: [{ kind: "ward" }], recipients: [] },
  ],
  passed_over: [{ rule_id: id(501), why: "kind" }, { rule_id: id(502), why: "time" }, { rule_id: id(503), why: "disabled" }],
};

const alert = (n, more) => ({ id: id(60 + n), state: "notifying", kind: "nurse-call", priority: 2, ward: "4B", room: "302", bed: "2", text: "Patientenruf", caller: "Zi 302 Bett 2", connector: call, rule_name: "Alle Rufe", step: 1, steps: 3, raised_at: ago(12 * (n + 1)), updated_at: ago(5), accepted_by: [], technical: false, ...more });

export const alerts = {
  items: [
    alert(0, {}),
    alert(1, { priority: 4, text: "Reanimation", room: "12", bed: "", step: 2, state: "notifying" }),
    alert(2, { state: "accepted", accepted_by: [{ user_id: id(301), name: "Käthe Müller" }], raised_at: ago(600) }),
    alert(3, { state: "exhausted", priority: 3, raised_at: ago(900), step: 3 }),
    alert(4, { technical: true, kind: "technical", text: "Rufanlage Haus A: keine Lebenszeichen", caller: "", room: "", bed: "", ward: "" }),
  ],
};

const line = (no, kind, seconds, more = {}) => ({ no, at: ago(seconds), kind, step: 0, ...more });
const kaethe = { id: id(301), name: "Käthe Müller" };

export const alertDetail = {
  ...alerts.items[2],
  story: [
    line(1, "raised", 40),
    line(2, "routed", 40, { data: { rule: id(504) } }),
    line(3, "step", 40, { data: { recipients: 2, unreachable: 1, seconds: 30 } }),
    line(4, "delivered", 39, { user: kaethe }),
    line(5, "seen", 36, { user: kaethe }),
    line(6, "rejected", 34, { user: { id: id(302), name: "Mehmet Yıldız" } }),
    line(7, "accepted", 30, { user: kaethe, data: { of: 1 } }),
    line(8, "answered", 29),
  ],
  dispatches: [{ step: 0, user: kaethe, state: "accepted", changed: ago(30) }, { step: 0, user: { id: id(302), name: "Mehmet Yıldız" }, state: "rejected", changed: ago(34) }],
  answers: [{ kind: "started", at: ago(40), done_at: ago(40), attempts: 1 }, { kind: "accepted", at: ago(30), attempts: 3 }],
};

export const audit = {
  items: [
    { at: ago(30), actor: { user_id: me.user_id, name: me.name }, act: "message.view", object: id(102), data: {} },
    { at: ago(300), actor: { user_id: me.user_id, name: me.name }, act: "connector.save", object: call.id, data: { revision: "2" } },
    { at: ago(900), actor: { user_id: me.user_id, name: me.name }, act: "account.lock", object: id(304), data: { reason: "left" } },
  ],
};
