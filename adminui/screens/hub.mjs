// Serves the built console and the fixtures, under the CSP of the real hub.
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import * as data from "./fixtures.mjs";

const csp =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' blob:; media-src 'self' blob:; font-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types default";

const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

const fixed = {
  "GET /me": data.me,
  "GET /overview": data.overview,
  "GET /kinds": data.kinds,
  "GET /connectors": data.connectors,
  "POST /connectors/test": data.checks,
  "GET /messages": data.messages,
  "GET /messages/errors": data.faults,
  "GET /persons": data.persons,
  "GET /units": data.units,
  "GET /plans": data.plans,
  "GET /rules": data.rules,
  "POST /rules/try": data.trial,
  "GET /alerts": data.alerts,
  "GET /audit": data.audit,
};

const matching = [
  [/^GET \/connectors\/[^/]+\/revisions$/, () => data.revisions],
  [/^GET \/connectors\/[^/]+\/tokens$/, () => data.tokens],
  [/^POST \/connectors\/[^/]+\/tokens$/, () => ({ id: "t", token: "wlt_7Kx3vQ9mTz5Yc1Rb8Nd6Wf2Hs4Jp0La" })],
  [/^GET \/connectors\/([^/]+)$/, ([, id]) => data.connectors.items.find((item) => item.id === id)],
  [/^GET \/messages\/[^/]+$/, () => data.messageDetail],
  [/^GET \/persons\/([^/]+)$/, ([, id]) => ({ ...data.personDetail, ...data.persons.items.find((item) => item.id === id) })],
  [/^POST \/accounts\/[^/]+\/code$/, () => ({ code: "KXWQ-7M3P", expires: new Date(Date.now() + 72 * 3600e3).toISOString() })],
  [/^GET \/plans\/[^/]+$/, () => data.planDetail],
  [/^GET \/alerts\/[^/]+$/, () => data.alertDetail],
];

function answer(call) {
  if (fixed[call]) return fixed[call];
  for (const [pattern, give] of matching) {
    const found = pattern.exec(call);
    if (found) return give(found);
  }
  return undefined;
}

/** startHub gives {address, calls, override, close}; override answers a call differently. */
export function startHub(dist) {
  const calls = [];
  const overrides = new Map();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://hub");
    if (!pathname.startsWith("/api/v1/")) return sendFile(response, dist, pathname);
    const call = `${request.method} ${pathname.slice("/api/v1".length)}`;
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      calls.push({ call, body: body && JSON.parse(body), headers: request.headers });
      const other = overrides.get(call);
      const status = other?.status ?? (request.method === "DELETE" ? 204 : 200);
      const content = other ? other.body : (answer(call) ?? {});
      response.writeHead(status, { "Content-Type": status >= 400 ? "application/problem+json" : "application/json" });
      response.end(status === 204 ? undefined : JSON.stringify(content));
    });
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () =>
      resolve({
        address: `http://127.0.0.1:${server.address().port}`,
        calls,
        override: (call, status, body) => overrides.set(call, { status, body }),
        restore: () => overrides.clear(),
        close: () => server.close(),
      }),
    );
  });
}

function sendFile(response, dist, pathname) {
  const file = join(dist, pathname);
  const found = extname(pathname) !== "" && existsSync(file) ? file : join(dist, "index.html");
  response.writeHead(200, { "Content-Type": types[extname(found)] ?? "text/plain", "Content-Security-Policy": csp });
  createReadStream(found).pipe(response);
}
