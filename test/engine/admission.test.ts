import { expect, test } from "bun:test";
import { Server, type ServerOptions } from "bun-socket.io";
import type { EngineRequest } from "bun-socket.io/engine";
import { HOSTS } from "../support/hosts.ts";
import { Connection, exchange } from "../support/raw.ts";
import { requestWebSocket } from "../support/raw-websocket.ts";
import { overTheWire, type Wire } from "../support/wire.ts";

type AllowRequest = NonNullable<ServerOptions["allowRequest"]>;

/** What both kinds of handshake come to: the status of each, and what the client is told. */
async function tryHandshakes(wire: Wire): Promise<unknown> {
  const http = await exchange(wire.port, "GET", wire.path());
  const upgrade = await requestWebSocket(wire.port, wire.path({ transport: "websocket" }));
  upgrade.webSocket?.connection.destroy();
  if (http.status === 200) {
    return [http.status, upgrade.answer.status];
  }
  return [http.status, JSON.parse(http.body).message, upgrade.answer.status, upgrade.answer.body];
}

/** What a database library might return in place of a promise. */
function like<Value>(value: Value): PromiseLike<Value> {
  const promise = Promise.resolve(value);
  // biome-ignore lint/suspicious/noThenProperty: it is what this is about
  return { then: (...callbacks) => promise.then(...callbacks) };
}

const ALLOWED = [200, 101];
const refusedWith = (message: string) => [403, message, 400, message];

overTheWire((wire) => {
  test("allowRequest lets handshakes pass through its callback, now or later", async () => {
    wire.start({ allowRequest: (_, decide) => decide(null, true) });
    expect(await tryHandshakes(wire)).toEqual(ALLOWED);
    await wire.end();
    wire.start({ allowRequest: (_, decide) => setImmediate(() => decide(undefined, true)) });
    expect(await tryHandshakes(wire)).toEqual(ALLOWED);
  });

  test("allowRequest refuses handshakes through its callback, now or later", async () => {
    wire.start({ allowRequest: (_, decide) => decide("no", false) });
    expect(await tryHandshakes(wire)).toEqual(refusedWith("no"));
    await wire.end();
    wire.start({ allowRequest: (_, decide) => setImmediate(() => decide("no", false)) });
    expect(await tryHandshakes(wire)).toEqual(refusedWith("no"));
    wire.expectNoSessions();
  });

  test("an async allowRequest may answer through its callback", async () => {
    wire.start({
      async allowRequest(_, decide) {
        await null;
        decide("late no", false);
      },
    });
    expect(await tryHandshakes(wire)).toEqual(refusedWith("late no"));
    wire.expectNoSessions();
  });

  test("allowRequest sees the handshake's request, and no later one", async () => {
    const seen: unknown[] = [];
    wire.start({
      allowRequest(request: EngineRequest, decide) {
        const { method, headers, _query, url } = request;
        seen.push([method, headers["x-token"], _query.token, url.startsWith("/socket.io/?")]);
        decide(null, true);
      },
    });
    const response = await wire.request({ token: "query" }, { headers: { "X-Token": "header" } });
    const { sid } = JSON.parse((await response.text()).slice(1));
    await wire.deliver(sid, "3");
    const webSocket = await wire.upgrade({ sid });
    webSocket.sendClose();
    expect(seen).toEqual([["GET", "header", "query", true]]);
  });

  test("generateId may be replaced on the engine, by an async function too", async () => {
    const engine = wire.start();
    engine.generateId = (request) => `for-${request._query.name}`;
    expect((await wire.openPolling({ name: "a" })).sid).toBe("for-a");
    engine.generateId = async (request) => `later-${request._query.name}`;
    expect((await wire.openPolling({ name: "b" })).sid).toBe("later-b");
    const webSocket = await wire.upgrade({ name: "c" });
    expect(JSON.parse((await webSocket.text()).slice(1)).sid).toBe("later-c");
    expect(Object.keys(engine.clients).sort()).toEqual(["for-a", "later-b", "later-c"]);
  });

  test("an id whose making is rejected refuses the handshake", async () => {
    const engine = wire.start();
    const errors = wire.recordErrors();
    const error = new Error("the id server is down");
    engine.generateId = () => Promise.reject(error);
    const answer = await exchange(wire.port, "GET", wire.path());
    expect([answer.status, answer.body]).toEqual([400, '{"code":3,"message":"Bad request"}']);
    expect(errors.map(({ context }) => context)).toEqual([{ name: "ID_GENERATION_ERROR", error }]);
    wire.expectNoSessions();
  });
});

// What the reference has not, or where a throwing function brings it down.
overTheWire((wire) => {
  test.each<[string, AllowRequest, unknown]>([
    ["true", () => true, ALLOWED],
    ["false", () => false, refusedWith("Forbidden")],
    ["a promise of true", async () => true, ALLOWED],
    ["a promise of false", async () => false, refusedWith("Forbidden")],
    ["what is like a promise of true", () => like(true), ALLOWED],
    ["what is like a promise of false", () => like(false), refusedWith("Forbidden")],
  ])("allowRequest may return %s", async (_, allowRequest, expected) => {
    wire.start({ allowRequest });
    expect(await tryHandshakes(wire)).toEqual(expected);
  });

  const error = new Error("the database is down");
  test.each<[string, AllowRequest]>([
    [
      "throws",
      () => {
        throw error;
      },
    ],
    ["rejects", () => Promise.reject(error)],
  ])(
    "an allowRequest that %s refuses the handshake, and tells only the server why",
    async (_, allowRequest) => {
      wire.start({ allowRequest });
      const errors = wire.recordErrors();
      expect(await tryHandshakes(wire)).toEqual(refusedWith("Forbidden"));
      const report = {
        code: 4,
        message: "Forbidden",
        context: { name: "ALLOW_REQUEST_ERROR", error },
      };
      expect<unknown>(errors).toEqual([report, report]);
      wire.expectNoSessions();
    },
  );

  test("the first answer of allowRequest counts", async () => {
    wire.start({
      async allowRequest(_, decide) {
        decide(null, true);
        decide("no", false);
        return false;
      },
    });
    expect(await tryHandshakes(wire)).toEqual(ALLOWED);
  });

  test.each([["polling"], ["websocket"]])(
    "a handshake over %s that is let in after the server closed gets no session",
    async (transport) => {
      let decide = (): void => {};
      const asked = new Promise<void>((resolve) => {
        wire.start({
          allowRequest(_, callback) {
            decide = () => callback(null, true);
            resolve();
          },
        });
      });
      const answer =
        transport === "polling"
          ? exchange(wire.port, "GET", wire.path())
          : requestWebSocket(wire.port, wire.path({ transport })).then((result) => result.answer);
      await asked;
      wire.engine.close();
      decide();
      expect((await answer).status).toBe(503);
      wire.expectNoSessions();
    },
  );

  test("generateId may be an option, of a sync or an async function", async () => {
    wire.start({ generateId: ({ _query }) => `for-${_query.name}` });
    expect((await wire.openPolling({ name: "a" })).sid).toBe("for-a");
    await wire.end();
    wire.start({ generateId: async ({ _query }) => `later-${_query.name}` });
    expect((await wire.openPolling({ name: "b" })).sid).toBe("later-b");
  });

  test.each([
    ["an empty id", ""],
    ["the id of a running session", "taken"],
  ])("%s refuses the handshake, and harms no session", async (_, id) => {
    const engine = wire.start();
    const errors = wire.recordErrors();
    engine.generateId = () => "taken";
    const { session } = await wire.openPolling();
    engine.generateId = () => id;
    expect(await tryHandshakes(wire)).toEqual([400, "Bad request", 400, "Bad request"]);
    expect(errors.map(({ code, context }) => [code, context.name])).toEqual([
      [3, "ID_GENERATION_ERROR"],
      [3, "ID_GENERATION_ERROR"],
    ]);
    expect(Object.keys(engine.clients)).toEqual(["taken"]);
    expect(session.readyState).toBe("open");
  });

  test("an id that was given back may be used again", async () => {
    const engine = wire.start();
    engine.generateId = () => "again";
    const first = await wire.openPolling();
    await wire.deliver(first.sid, "1");
    await first.ended;
    expect((await wire.openPolling()).sid).toBe("again");
  });
}, HOSTS);

test("a client that leaves while allowRequest thinks gets no session", async () => {
  let decide = (): void => {};
  const io = new Server({
    allowRequest(_, callback) {
      decide = () => callback(null, true);
    },
  });
  let sessions = 0;
  io.engine.on("connection", () => sessions++);
  const handler = io.handler();
  const left = new Promise<void>((resolve) => {
    handler.fetch = ((inner) => (request, server) => {
      const answer = inner(request, server);
      request.signal.addEventListener("abort", () => resolve());
      connection.destroy();
      return answer;
    })(handler.fetch);
  });
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", ...handler });
  const connection = new Connection(server.port ?? 0);
  connection.request("GET", "/socket.io/?EIO=4&transport=polling");
  await left;
  decide();
  expect([sessions, io.engine.clientsCount]).toEqual([0, 0]);
  await io.close();
  await server.stop(true);
});
