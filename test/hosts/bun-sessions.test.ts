// The middlewares that most programs bring along: express-session and helmet, as on the reference.

import { describe, expect, test } from "bun:test";
import type { IncomingMessage } from "node:http";
import type { Socket } from "bun-socket.io";
import type { Engine } from "bun-socket.io/engine";
import session from "express-session";
import helmet from "helmet";
import { once } from "../support/clients.ts";
import { HOSTS } from "../support/hosts.ts";
import { exchange } from "../support/raw.ts";
import { requestWebSocket } from "../support/raw-websocket.ts";
import { REFERENCE } from "../support/reference.ts";
import { overTheWire, Wire } from "../support/wire.ts";
import { everywhere } from "../support/world.ts";

interface SessionRequest extends IncomingMessage {
  session: session.Session & { visits?: number };
  sessionID: string;
}

const secret = "of these tests";

function useSessions(engine: Engine, store: session.Store): void {
  engine.use(session({ secret, store, resave: false, saveUninitialized: true }));
}

function sessionOf(socket: Socket): SessionRequest["session"] {
  return (socket.request as SessionRequest).session;
}

/** The name and value of the cookie that an answer sets. */
function cookieOf({ headers }: { headers: Record<string, string> }): string {
  const [cookie = ""] = (headers["set-cookie"] ?? "").split(";");
  expect(cookie).toStartWith("connect.sid=s%3A");
  return cookie;
}

function save(own: session.Session): Promise<void> {
  return new Promise((resolve, reject) => {
    own.save((error) => (error ? reject(error) : resolve()));
  });
}

/** A store that takes its time, and tells of it. */
class SlowStore extends session.MemoryStore {
  readonly #asked = Promise.withResolvers<() => void>();

  /** Kept with what lets it go on, when it is asked to store a session. */
  get asked(): Promise<() => void> {
    return this.#asked.promise;
  }

  override set(sid: string, data: session.SessionData, done?: (error?: unknown) => void): void {
    super.set(sid, data, () => this.#asked.resolve(() => done?.()));
  }
}

class BrokenStore extends session.MemoryStore {
  override get(_sid: string, done: (error: unknown) => void): void {
    setImmediate(done, new Error("the store is away"));
  }
}

everywhere((world) => {
  test("socket.request.session is the client's, and outlives its connection", async () => {
    const io = world.start();
    useSessions(io.engine, new session.MemoryStore());
    const path = "/socket.io/?EIO=4&transport=polling";
    const cookie = cookieOf(await exchange(world.running.port, "GET", path));
    const seen: unknown[] = [];
    for (const _ of [1, 2]) {
      const { client, socket } = await world.join("/", { extraHeaders: { cookie } });
      const own = sessionOf(socket);
      own.visits = (own.visits ?? 0) + 1;
      await save(own);
      seen.push([own.visits, (socket.request as SessionRequest).sessionID]);
      const gone = once(socket, "disconnect");
      client.disconnect();
      await gone;
    }
    const [, id] = /^connect\.sid=s%3A([\w-]+)\./.exec(cookie) ?? [];
    expect(seen).toEqual([
      [1, id],
      [2, id],
    ]);
  });

  test("a namespace middleware may refuse by the session, or change it", async () => {
    const io = world.start();
    useSessions(io.engine, new session.MemoryStore());
    io.of("/open").use((socket, next) => {
      sessionOf(socket).visits = 41;
      next();
    });
    io.of("/members").use((socket, next) => {
      next(sessionOf(socket).visits === 41 ? undefined : new Error("no member"));
    });
    const stranger = world.make("/members");
    const [error] = await once<[Error]>(stranger, "connect_error");
    expect(error.message).toBe("no member");
    const { client } = await world.join("/open");
    const { socket } = await world.joinOver(client, "/members");
    expect(sessionOf(socket).visits).toBe(41);
  });
});

overTheWire((wire) => {
  test("the answer to a poll waits until a changed session is stored", async () => {
    const engine = wire.start();
    const store = new SlowStore();
    useSessions(engine, store);
    const connection = wire.connect();
    connection.request("GET", wire.path());
    let isAnswered = false;
    const answer = connection.response().then((response) => {
      isAnswered = true;
      return response;
    });
    const goOn = await store.asked;
    // Another request is answered meanwhile, so that one answer that did not wait would be here.
    await exchange(wire.port, "GET", "/socket.io/socket.io.js");
    expect(isAnswered).toBeFalse();
    goOn();
    const { status, headers, body } = await answer;
    expect([status, body.slice(0, 8)]).toEqual([200, '0{"sid":']);
    expect(JSON.parse(body.slice(1)).sid).toBeString();
    expect(headers["set-cookie"]).toContain("connect.sid=");
  });

  test("a new session's cookie comes with the 101; to store it is up to the program", async () => {
    const engine = wire.start();
    const store = new session.MemoryStore();
    useSessions(engine, store);
    const { session: own, webSocket } = await wire.openWebSocket();
    const cookie = cookieOf(webSocket.answer);
    const request = own.request as IncomingMessage as SessionRequest;
    const stored = () =>
      new Promise((resolve) => store.get(request.sessionID, (_error, found) => resolve(found)));
    expect(await stored()).toBeUndefined();
    await save(request.session);
    expect(await stored()).toHaveProperty("cookie");
    const { session: next } = await wire.openWebSocket({ Cookie: cookie });
    const again = next.request as IncomingMessage as SessionRequest;
    expect(again.sessionID).toBe(request.sessionID);
  });

  test("the cookies of a session, of a listener and of the option go together", async () => {
    const engine = wire.start({ cookie: true });
    useSessions(engine, new session.MemoryStore());
    const { headers } = await exchange(wire.port, "GET", wire.path());
    expect(headers["set-cookie"]).toMatch(/io=[^;]+;.*connect\.sid=/);
  });

  test("a store that fails refuses the request", async () => {
    const engine = wire.start();
    const errors = wire.recordErrors();
    useSessions(engine, new BrokenStore());
    const headers = { Cookie: signed("an-id") };
    const answer = await exchange(wire.port, "GET", wire.path(), headers);
    expect([answer.status, answer.body]).toEqual([400, '{"code":3,"message":"Bad request"}']);
    await expect(wire.upgrade({}, headers)).rejects.toThrow("400 Bad request");
    expect(errors.map(({ code, context }) => [code, context.name])).toEqual([
      [3, "MIDDLEWARE_FAILURE"],
      [3, "MIDDLEWARE_FAILURE"],
    ]);
    wire.expectNoSessions();
  });
});

/** The cookie of a session, as the middleware signs it. */
function signed(id: string): string {
  const hash = new Bun.CryptoHasher("sha256", secret).update(id).digest("base64");
  return `connect.sid=${encodeURIComponent(`s:${id}.${hash.replace(/=+$/, "")}`)}`;
}

const OF_THE_HTTP_SERVER = [
  "date",
  "connection",
  "keep-alive",
  "transfer-encoding",
  "content-length",
];

/** What helmet adds, and what it finds, in the answer to each kind of request. */
async function headersOf(wire: Wire): Promise<unknown> {
  const engine = wire.start();
  engine.use(helmet());
  const { handshake, sid } = await wire.handshakeWithMessage();
  const answers = [
    handshake,
    await exchange(wire.port, "GET", wire.path({ sid })),
    await exchange(wire.port, "POST", wire.path({ sid }), {}, "4hello"),
    await exchange(wire.port, "GET", wire.path({ transport: "none" })),
    await exchange(wire.port, "GET", wire.path({ sid: "none" })),
  ].map(({ status, headers, body }) => ({
    status,
    headers: Object.fromEntries(
      Object.entries(headers).filter(([name]) => !OF_THE_HTTP_SERVER.includes(name)),
    ),
    body: body.replace(sid, ""),
  }));
  const path = wire.path({ transport: "websocket" });
  const { answer, webSocket } = await requestWebSocket(wire.port, path);
  webSocket?.connection.destroy();
  const security = Object.entries(answer.headers).filter(([name]) =>
    /^(x-|content-security|cross-origin|origin-agent|referrer|strict)/.test(name),
  );
  await wire.end();
  return { answers, status: answer.status, security: Object.fromEntries(security) };
}

describe("with helmet, every answer is the reference's", () => {
  test.each(HOSTS.map((host) => [host.name, host] as const))("%s", async (_, host) => {
    const ours = await headersOf(new Wire(host));
    expect(ours).toEqual(await headersOf(new Wire(REFERENCE)));
    expect(ours).toMatchObject({
      status: 101,
      security: { "x-frame-options": "SAMEORIGIN" },
      answers: Array.from({ length: 5 }, () => ({ headers: { "x-dns-prefetch-control": "off" } })),
    });
  });
});
