import { expect, test } from "bun:test";
import type { ServerOptions } from "bun-socket.io";
import { Engine } from "bun-socket.io/engine";
import { exchange } from "../support/raw.ts";
import { requestWebSocket } from "../support/raw-websocket.ts";
import { overTheWire } from "../support/wire.ts";

const MESSAGES = [
  "Transport unknown",
  "Session ID unknown",
  "Bad handshake method",
  "Bad request",
  "Forbidden",
  "Unsupported protocol version",
] as const;

interface Refusal {
  title: string;
  /** Path and query below the server's path. */
  query: string;
  method?: string;
  headers?: Record<string, string>;
  options?: ServerOptions;
  status?: number;
  code: 0 | 1 | 2 | 3 | 4 | 5;
  /** Where it is not the one of the code. */
  message?: string;
  context: Record<string, unknown>;
}

const OVER_HTTP: readonly Refusal[] = [
  {
    title: "no query",
    query: "",
    code: 0,
    context: { transport: undefined },
  },
  {
    title: "a transport that does not exist",
    query: "?EIO=4&transport=pigeon",
    code: 0,
    context: { transport: "pigeon" },
  },
  {
    title: "a transport that is switched off",
    query: "?EIO=4&transport=polling",
    options: { transports: ["websocket"] },
    code: 0,
    context: { transport: "polling" },
  },
  {
    title: "WebTransport, which does not begin with a request",
    query: "?EIO=4&transport=webtransport",
    options: { transports: ["polling", "websocket", "webtransport"] },
    code: 0,
    context: { transport: "webtransport" },
  },
  ...["__proto__", "constructor", "toString", "length", "0"].map((name) => ({
    title: `the transport ${name}`,
    query: `?EIO=4&transport=${name}`,
    code: 0 as const,
    context: { transport: name },
  })),
  ...["none", "__proto__", "constructor", "hasOwnProperty", "%00"].map((sid) => ({
    title: `the session id ${sid}`,
    query: `?EIO=4&transport=polling&sid=${sid}`,
    code: 1 as const,
    context: { sid: decodeURIComponent(sid) },
  })),
  {
    title: "the session id none by POST",
    query: "?EIO=4&transport=polling&sid=none",
    method: "POST",
    code: 1,
    context: { sid: "none" },
  },
  ...["POST", "PUT", "DELETE", "OPTIONS"].map((method) => ({
    title: `a handshake by ${method}`,
    query: "?EIO=4&transport=polling",
    method,
    code: 2 as const,
    context: { method },
  })),
  {
    title: "a WebSocket without an upgrade",
    query: "?EIO=4&transport=websocket",
    code: 3,
    context: { name: "TRANSPORT_HANDSHAKE_ERROR" },
  },
  {
    title: "what allowRequest refuses",
    query: "?EIO=4&transport=polling",
    options: { allowRequest: (_, decide) => decide(null, false) },
    status: 403,
    code: 4,
    context: { message: null },
  },
  {
    title: "what allowRequest refuses with a message",
    query: "?EIO=4&transport=polling",
    options: { allowRequest: (_, decide) => decide("not today", false) },
    status: 403,
    code: 4,
    message: "not today",
    context: { message: "not today" },
  },
  ...["EIO=3&", "EIO=5&", "EIO=04&", ""].map((revision) => ({
    title: `the protocol revision in "${revision}"`,
    query: `?${revision}transport=polling`,
    code: 5 as const,
    context: { protocol: 3 },
  })),
  {
    title: "an id that cannot be made",
    query: "?EIO=4&transport=polling",
    options: {
      generateId() {
        throw new Error("no more ids");
      },
    },
    code: 3,
    context: { name: "ID_GENERATION_ERROR", error: new Error("no more ids") },
  },
];

/** The refusals that an upgrade request meets as well. */
const OVER_UPGRADE: readonly Refusal[] = [
  ...OVER_HTTP.filter(({ code, context, method }) => {
    const isOfPolling =
      context.name === "TRANSPORT_HANDSHAKE_ERROR" || context.transport === "polling";
    return (
      method === undefined && !isOfPolling && code !== 5 && context.name !== "ID_GENERATION_ERROR"
    );
  }).map((refusal) => ({ ...refusal, query: refusal.query.replace("=polling", "=websocket") })),
];

/** Those that the reference finds out behind the 101, or does not listen for. */
const OURS_OVER_UPGRADE: readonly Refusal[] = [
  ...OVER_HTTP.filter(
    ({ code, context }) => code === 5 || context.name === "ID_GENERATION_ERROR",
  ).map((refusal) => ({ ...refusal, query: refusal.query.replace("=polling", "=websocket") })),
  {
    title: "a transport that is switched off",
    query: "?EIO=4&transport=websocket",
    options: { transports: ["polling"] },
    code: 0,
    context: { transport: "websocket" },
  },
  {
    title: "polling by an upgrade request",
    query: "?EIO=4&transport=polling",
    code: 3,
    context: { name: "TRANSPORT_HANDSHAKE_ERROR" },
  },
];

function reported({ code, context }: Refusal): unknown {
  return { code, message: MESSAGES[code], context };
}

test("the codes and their messages are there for programs to use", () => {
  expect(Engine.errors).toEqual({
    UNKNOWN_TRANSPORT: 0,
    UNKNOWN_SID: 1,
    BAD_HANDSHAKE_METHOD: 2,
    BAD_REQUEST: 3,
    FORBIDDEN: 4,
    UNSUPPORTED_PROTOCOL_VERSION: 5,
    LIMIT_EXCEEDED: 6,
  });
  expect(Engine.errorMessages).toEqual({ ...MESSAGES, 6: "Limit exceeded" });
});

overTheWire((wire) => {
  /** The reference has `generateId` as a method alone. */
  function start({ generateId, ...options }: ServerOptions = {}): void {
    const engine = wire.start(
      wire.isReference || !generateId ? options : { ...options, generateId },
    );
    if (wire.isReference && generateId) {
      engine.generateId = generateId;
    }
  }

  test.each(OVER_HTTP)("a request with $title is refused", async (refusal) => {
    const { query, method = "GET", headers = {}, options, status = 400, code } = refusal;
    start(options);
    const errors = wire.recordErrors();
    const answer = await exchange(wire.port, method, `/socket.io/${query}`, headers);
    expect(answer.status).toBe(status);
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(answer.body).toBe(JSON.stringify({ code, message: refusal.message ?? MESSAGES[code] }));
    expect<unknown>(errors).toEqual([reported(refusal)]);
    wire.expectNoSessions();
  });

  const ours = wire.isReference ? [] : OURS_OVER_UPGRADE;
  const upgrades = [...OVER_UPGRADE, ...ours].filter(
    // Nobody listens for upgrades then: node:http takes it for a request like others.
    ({ title }) => !wire.host.isNode || title !== "a transport that is switched off",
  );
  test.each(upgrades)("an upgrade request with $title is refused", async (refusal) => {
    const { query, headers = {}, options, code } = refusal;
    start(options);
    const errors = wire.recordErrors();
    const { answer, connection } = await requestWebSocket(
      wire.port,
      `/socket.io/${query}`,
      headers,
    );
    expect(answer.status).toBe(400);
    expect(answer.headers["content-type"]).toBe("text/html");
    expect(answer.headers.connection).toBe("close");
    expect(answer.body).toBe(refusal.message ?? MESSAGES[code]);
    expect<unknown>(errors).toEqual([reported(refusal)]);
    await connection.closed;
    wire.expectNoSessions();
  });

  // node:http refuses such a header itself.
  test.skipIf(wire.host.isNode === true)(
    "an Origin with a control character is refused",
    async () => {
      wire.start();
      const errors = wire.recordErrors();
      const origin = "http://a\x7f.example";
      const answer = await exchange(wire.port, "GET", wire.path(), { Origin: origin });
      expect([answer.status, answer.body]).toEqual([400, '{"code":3,"message":"Bad request"}']);
      expect(errors.map(({ context }) => context)).toEqual([{ name: "INVALID_ORIGIN", origin }]);
      wire.expectNoSessions();
    },
  );

  test("an Origin with letters beyond ASCII is taken", async () => {
    wire.start();
    const answer = await exchange(wire.port, "GET", wire.path(), { Origin: "http://é€.example" });
    expect(answer.status).toBe(200);
  });

  test("the error is reported with the request that met it", async () => {
    const engine = wire.start();
    const reports: unknown[] = [];
    engine.on("connection_error", ({ req }) =>
      reports.push([req.method, req.url, req.headers["x-who"], req._query.transport]),
    );
    await fetch(`${wire.running.url}/socket.io/?transport=none&x=1`, {
      headers: { "X-Who": "me" },
    });
    expect(reports).toEqual([["GET", "/socket.io/?transport=none&x=1", "me", "none"]]);
  });

  test("a poll with another transport or revision than the session's is refused, and the session lives", async () => {
    wire.start();
    const errors = wire.recordErrors();
    const { sid, session } = await wire.openPolling();
    const mismatches = [{ transport: "websocket" }, { EIO: "3" }];
    for (const mismatch of mismatches) {
      const response = await wire.request({ sid, ...mismatch });
      expect([response.status, await response.json()]).toEqual([
        400,
        { code: 3, message: "Bad request" },
      ]);
    }
    expect(errors.map(({ context }) => context)).toEqual([
      { name: "TRANSPORT_MISMATCH", transport: "websocket", previousTransport: "polling" },
      { name: "PROTOCOL_MISMATCH", protocol: 3, previousProtocol: 4 },
    ]);
    expect(session.readyState).toBe("open");
  });

  test("a WebSocket of another revision than the session's is refused, and the session lives", async () => {
    wire.start();
    const errors = wire.recordErrors();
    const { sid, session } = await wire.openPolling();
    await expect(wire.upgrade({ sid, EIO: "3" })).rejects.toThrow("400 Bad request");
    expect(errors.map(({ context }) => context.name)).toEqual(["PROTOCOL_MISMATCH"]);
    expect([session.readyState, session.upgrading]).toEqual(["open", false]);
  });

  test("of a repeated query parameter the last value counts", async () => {
    wire.start();
    const errors = wire.recordErrors();
    const { url } = wire.running;
    const good = await fetch(`${url}/socket.io/?EIO=3&EIO=4&transport=none&transport=polling`);
    expect(good.status).toBe(200);
    const bad = await fetch(`${url}/socket.io/?EIO=4&transport=polling&transport=none`);
    expect(bad.status).toBe(400);
    expect(errors.map(({ context }) => context)).toEqual([{ transport: "none" }]);
  });

  test("query parameters with the names of Object's own change nothing", async () => {
    wire.start();
    const names = ["__proto__", "constructor", "hasOwnProperty", "toString"];
    const query = names.map((name) => `${name}=x&${name}[y]=z`).join("&");
    const response = await fetch(`${wire.running.url}${wire.path()}&${query}`);
    expect(response.status).toBe(200);
    const { sid } = JSON.parse((await response.text()).slice(1));
    expect(wire.session(sid).request._query.EIO).toBe("4");
    expect(({} as Record<string, unknown>).y).toBeUndefined();
  });

  test("an empty session id is a handshake", async () => {
    wire.start();
    const { session } = await wire.openPolling({ sid: "" });
    expect(session.readyState).toBe("open");
  });
});
