// A stand-in for the hub's chat listener, for looking at the screens and for the
// journey beside it: `node chatui/test/mock.mjs` serves chatui/dist on 127.0.0.1:8090.
// Control: POST /mock/raise {..card fields}, /mock/change {alert_id, ..}, /mock/break,
// /mock/drop, /mock/down, /mock/up, /mock/offer, GET /mock/state.
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Hub } from "./sealing.mjs";
import { accept } from "./socket.mjs";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png", ".webmanifest": "application/manifest+json" };
// What the hub sends with every answer (Go package server, headers.go).
const headers = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; " +
    "img-src 'self' data: blob:; font-src 'self'; media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; " +
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; " +
    "require-trusted-types-for 'script'; trusted-types default",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
};

const unit = { id: "u4b", code: "4B", name: "Station 4B" };
const rooms = [
  { id: "r4b", kind: "alarm", name: "Alarme Station 4B", unit, last_seq: 0 },
  { id: "r2a", kind: "alarm", name: "Alarme Station 2A", unit: { id: "u2a", code: "2A", name: "Station 2A" }, last_seq: 0 },
];
const me = { user_id: "kaethe", login: "kmueller", name: "Käthe Müller", level: "internal", clinic: { id: "c", name: "Klinikum Demostadt" }, demo: true, version: "dev" };
const jan = { user_id: "jan", name: "Jan Weiß" };

export function startMock(port = 0) {
  const hub = new Hub();
  const state = { signedIn: false, device: null, items: [], peers: new Set(), cards: new Map(), acks: [], seen: [], acts: [], down: false, hellos: [], roles: null, offers: [], cursorFor: {} };
  state.roles = [
    { id: "p4b", name: "Pflege Station 4B", unit, on_duty: [], mine: false, may_take: true },
    { id: "a4b", name: "Stationsarzt 4B", unit, on_duty: [{ ...jan, since: new Date().toISOString() }], mine: false, may_take: false },
  ];

  const frameOf = (item) => {
    const { room, seq, id, kind, ref, at } = item;
    const json = Buffer.from(JSON.stringify({ room, seq, id, kind, ref, at, kek: item.kek.toString("base64") }));
    const head = Buffer.alloc(5);
    head[0] = 1;
    head.writeUInt32BE(json.length, 1);
    const long = (bytes) => Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
    return Buffer.concat([head, json, long(item.enc), long(item.row), item.body]);
  };

  async function put(card, spoil = false) {
    const room = card.ward === "2A" ? rooms[1] : rooms[0];
    if (!state.device) return;
    const { body, rows } = await hub.seal(card.alert_id, JSON.stringify(card), [state.device]);
    const sent = spoil ? Buffer.from(body).fill(0, body.length - 20) : body;
    const item = { room: room.id, seq: ++room.last_seq, id: randomUUID(), kind: "alert", ref: card.alert_id, at: new Date().toISOString(), body: sent, good: body, ...rows.get(state.device.id) };
    state.items.push(item);
    for (const peer of state.peers) peer.item(frameOf(item));
  }

  async function raise(fields) {
    const now = new Date().toISOString();
    const card = { v: 1, alert_id: randomUUID(), version: 1, state: "notifying", kind: "nurse-call", priority: 2, ward: "4B", ward_name: "Station 4B", room: "12", bed: "2", text: "", caller: "", raised_at: now, updated_at: now, step: 1, steps: 3, need: 1, accepted_by: [], responses: [], recipients: ["kaethe", "jan"], technical: false, drill: false, ...fields };
    state.cards.set(card.alert_id, card);
    await put(card, fields.spoil);
    return card;
  }

  async function change(id, fields) {
    const old = state.cards.get(id);
    const card = { ...old, ...fields, version: old.version + 1, updated_at: new Date().toISOString() };
    state.cards.set(id, card);
    await put(card);
    return card;
  }

  async function act(id, word, answer) {
    const card = state.cards.get(id);
    state.acts.push({ id, word });
    if (!card) return answer(404, { code: "not_found" });
    const other = card.accepted_by.find(({ user_id }) => user_id !== "kaethe");
    if (word === "accept" && other) return answer(409, { code: "taken", taken_by: [other] });
    if (["resolved", "cancelled"].includes(card.state)) return answer(409, { code: "ended" });
    const mine = { user_id: "kaethe", name: me.name, at: new Date().toISOString() };
    if (word === "accept" && card.state !== "accepted") await change(id, { state: "accepted", accepted_by: [mine] });
    if (word === "arrive") await change(id, { state: "arrived" });
    if (word === "hand_back") await change(id, { state: "notifying", accepted_by: [], responses: [], step: 2 });
    if (word === "reject" || word === "busy") {
      await change(id, { responses: [{ user_id: "kaethe", name: me.name, state: word === "busy" ? "busy" : "rejected" }] });
    }
    return answer(200, { alert_id: id, state: state.cards.get(id).state });
  }

  function duty(path, body, answer) {
    const role = state.roles[0];
    if (path.endsWith("/colleagues")) return answer(200, { items: [jan, { user_id: "ayse", name: "Ayşe Yılmaz" }] });
    if (path.endsWith("/take")) Object.assign(role, { mine: true, on_duty: [...role.on_duty, { user_id: "kaethe", name: me.name }] });
    if (path.endsWith("/release")) {
      if (role.on_duty.length < 2 && !body.force) return answer(409, { code: "last_on_duty" });
      Object.assign(role, { mine: false, on_duty: role.on_duty.filter(({ user_id }) => user_id !== "kaethe") });
    }
    if (path.includes("/offers/")) state.offers = [];
    for (const peer of state.peers) peer.say({ t: "duty" });
    return answer(204);
  }

  async function api(method, path, body, answer) {
    if (path === "/auth/login" && body.password === "richtig") state.signedIn = true;
    if (path === "/auth/login") return state.signedIn ? answer(200, me) : answer(401, { code: "wrong" });
    if (path === "/auth/logout") return (state.signedIn = false), answer(204);
    if (!state.signedIn) return answer(401, { code: "signed_out" });
    if (path === "/me") return answer(200, { ...me, device_id: state.device?.id ?? "" });
    if (path === "/devices" && method === "GET") return answer(200, { items: [{ id: state.device?.id, name: state.device?.name, created: "2026-01-02T08:00:00Z", last_seen: new Date().toISOString(), current: true }, { id: "old", name: "Chrome, Android", created: "2026-01-02T08:00:00Z", last_seen: "2026-11-20T08:00:00Z", current: false }] });
    if (path === "/devices") {
      const known = body.device_id && body.device_id === state.device?.id;
      if (body.device_id && !known) return answer(404, { code: "not_found" });
      if (!known) state.device = { id: randomUUID(), name: body.name, kem: Buffer.from(body.kem_public, "base64") };
      const key = hub.publicKey.toString("base64");
      return answer(known ? 200 : 201, { device_id: state.device.id, hub_sign_public: key, hub_key_id: key.slice(0, 8) });
    }
    if (path.startsWith("/devices/")) return answer(204);
    if (path === "/rooms") return answer(200, { items: rooms });
    const items = /^\/rooms\/(\w+)\/items\?after=(\d+)/.exec(path);
    if (items) {
      const found = state.items.filter(({ room, seq }) => room === items[1] && seq > Number(items[2])).slice(0, 1);
      const b64 = (bytes) => bytes.toString("base64");
      return answer(200, { items: found.map((i) => ({ ...i, good: undefined, body: b64(i.good), kek: b64(i.kek), enc: b64(i.enc), row: b64(i.row) })) });
    }
    const acted = /^\/alerts\/([\w-]+)\/(\w+)$/.exec(path);
    if (acted) return act(acted[1], acted[2], answer);
    if (path === "/duty") return answer(200, { roles: state.roles, offers_to_me: state.offers, offers_by_me: null });
    if (path.startsWith("/duty/")) return duty(path, body, answer);
    return answer(404, { code: "not_found" });
  }

  async function mock(path, body, answer) {
    if (path === "/raise") return answer(200, await raise(body));
    if (path === "/change") return answer(200, await change(body.alert_id, body));
    if (path === "/drop") for (const peer of state.peers) peer.drop();
    if (path === "/down") (state.down = true), [...state.peers].forEach((peer) => peer.drop());
    if (path === "/up") state.down = false;
    if (path === "/bye") for (const peer of state.peers) peer.say({ t: "bye", code: body.code });
    if (path === "/offer") {
      state.offers = [{ id: "o1", role_id: "p4b", role_name: "Pflege Station 4B", from: jan, at: new Date().toISOString() }];
      for (const peer of state.peers) peer.say({ t: "duty" });
    }
    if (path === "/state") return answer(200, { acks: state.acks, seen: state.seen, acts: state.acts, hellos: state.hellos, peers: state.peers.size });
    return answer(204);
  }

  function page(path, response) {
    const file = join(dist, path);
    const found = path !== "/" && !path.includes("..") && existsSync(file) && extname(file) ? file : join(dist, "index.html");
    response.writeHead(200, { "content-type": types[extname(found)] ?? "application/octet-stream", ...headers });
    response.end(readFileSync(found));
  }

  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString() || "{}") : {};
    const answer = (status, value) => {
      response.writeHead(status, { "content-type": status < 400 ? "application/json" : "application/problem+json" });
      response.end(value === undefined ? undefined : JSON.stringify(value));
    };
    const { url } = request;
    if (url.startsWith("/mock/")) return mock(url.slice(5), body, answer);
    if (url.startsWith("/api/v1/")) return state.down ? request.socket.destroy() : api(request.method, url.slice(7), body, answer);
    return page(new URL(url, "http://x").pathname, response);
  });

  server.on("upgrade", (request, socket) => {
    if (state.down || !state.signedIn) return socket.destroy();
    const peer = accept(request, socket);
    peer.onclose = () => state.peers.delete(peer);
    peer.onmessage = (message) => {
      if (message.t === "ack") state.acks.push(message);
      if (message.t === "seen") state.seen.push(message.alert);
      if (message.t !== "hello") return;
      state.hellos.push(message.cursor);
      peer.say({ t: "welcome", server_time: new Date().toISOString(), rooms });
      for (const item of state.items) if (item.seq > (message.cursor[item.room] ?? 0)) peer.item(frameOf(item));
      state.peers.add(peer);
      peer.say({ t: "ready" });
    };
  });

  return new Promise((resolve) => {
    server.listen(port, "127.0.0.1", () => resolve({ server, state, raise, change, url: `http://127.0.0.1:${server.address().port}` }));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await startMock(8090);
  console.log(`${url} - any login, password "richtig"`);
}
