// What becomes of sockets whose token runs out.

import { afterEach, describe, expect, test } from "bun:test";
import { Server, type ServerOptions } from "bun-socket.io";
import { AuthError, tokenAuth, type TokenAuth, type TokenAuthOptions } from "bun-socket.io/auth";
import type { Socket } from "socket.io-client";
import { Clients, connected, once } from "../support/clients.ts";
import { portOf } from "../support/hosts.ts";

interface User {
  token: string;
  until: number;
  before: string | undefined;
}

const SOON_MS = 40;
const LATER_MS = 3_600_000;

const clients = new Clients();
let io: Server;
let url: string;
afterEach(async () => {
  clients.closeAll();
  await io.close();
});

function listen(options: ServerOptions = {}): void {
  io = new Server(0, { hostname: "127.0.0.1", ...options });
  url = `http://127.0.0.1:${portOf(io.httpServer)}`;
}

/** Lets in every token but `bad`; one named after a time runs out in so many ms. */
function byTime(options: Partial<TokenAuthOptions<User>> = {}): TokenAuth<User> {
  return tokenAuth<User>({
    verify(token, { previous }) {
      if (token === "throw") throw new AuthError("BANNED", "not you");
      if (token === "bad") return null;
      return { token, until: Date.now() + Number(token), before: previous?.token };
    },
    expiresAt: ({ until }) => until,
    ...options,
  });
}

/** A client that is about to connect: what listens to it from now on misses nothing. */
function make(token: number): Socket {
  return clients.make(url, { transports: ["websocket"], auth: { token: `${token}` } });
}

/** The code that a client is told, and why it is disconnected. */
async function ended(client: Socket): Promise<unknown[]> {
  const told = once<[{ code: string }]>(client, "auth:expired");
  const [reason] = await once(client, "disconnect");
  return [(await told)[0].code, reason];
}

describe("a socket whose token runs out", () => {
  test("is told, and disconnected from its namespace", async () => {
    listen();
    io.use(byTime());
    io.of("/open");
    const gone = new Promise((resolve) => {
      io.on("connection", (socket) => socket.on("disconnect", resolve));
    });
    const client = make(SOON_MS);
    const other = client.io.socket("/open");
    expect(await ended(client)).toEqual(["TOKEN_EXPIRED", "io server disconnect"]);
    expect(await gone).toBe("server namespace disconnect");
    await connected(other);
    expect(client.connected).toBe(false);
  });

  test.each(["disconnect", "refresh"] as const)(
    "while other middlewares decide on it is ended (%s) when it is in",
    async (onExpired) => {
      listen();
      io.use(byTime({ onExpired }));
      io.use((_socket, next) => void setTimeout(next, 3 * SOON_MS));
      const client = make(SOON_MS);
      client.on("auth:refresh", (_why, reply) => reply(null));
      expect(await ended(client)).toEqual(["TOKEN_EXPIRED", "io server disconnect"]);
    },
  );

  test("may have a Date for it", async () => {
    listen();
    io.use(byTime({ expiresAt: ({ until }) => new Date(until) }));
    expect(await ended(make(SOON_MS))).toEqual(["TOKEN_EXPIRED", "io server disconnect"]);
  });

  test.each([LATER_MS, 60 * 24 * LATER_MS])("stays for the %i ms that it has", async (ms) => {
    listen();
    io.use(byTime());
    const client = make(ms);
    await connected(client);
    await Bun.sleep(SOON_MS);
    io.on("connection", () => {});
    expect(client.connected).toBe(true);
    expect(io.sockets.sockets.size).toBe(1);
  });

  test("is not let in afterwards", async () => {
    listen();
    io.use(byTime());
    const [error] = await once<[Error & { data?: unknown }]>(
      clients.make(url, { auth: { token: "-1" } }),
      "connect_error",
    );
    expect(error.data).toEqual({ code: "TOKEN_EXPIRED" });
  });

  test("is watched, too, when it takes its session up again and passes no middleware", async () => {
    listen({ connectionStateRecovery: {} });
    byTime().guard(io);
    const client = clients.make(url, {
      transports: ["websocket"],
      auth: { token: "300" },
      reconnection: true,
      reconnectionDelay: 1,
    });
    await connected(client);
    io.emit("offset"); // without which there is nothing to recover from
    await once(client, "offset");
    const expired = ended(client);
    const disconnections: string[] = [];
    client.on("disconnect", (reason) => disconnections.push(reason));
    const back = once(client, "connect");
    client.io.engine.close();
    await back;
    expect(client.recovered).toBe(true);
    await expired;
    while (disconnections.length < 2) await once(client, "disconnect");
    expect(disconnections[1]).toBe("io server disconnect");
  });

  test("is refused, with a warning, where nobody can say when that is", async () => {
    listen();
    io.use(byTime({ expiresAt: () => Number.NaN }));
    const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
    const client = clients.make(url, { auth: { token: "1" } });
    const [error] = await once<[Error & { data?: unknown }]>(client, "connect_error");
    expect(error.data).toEqual({ code: "VERIFY_FAILED" });
    expect(Object(await warned).detail).toContain("expiresAt()");
  });
});

describe("onExpired: refresh", () => {
  const refreshing = (options: Partial<TokenAuthOptions<User>> = {}) =>
    byTime({ onExpired: "refresh", ...options });

  test("asks the client for a fresh token, again and again, and it stays", async () => {
    listen();
    refreshing().guard(io);
    const client = make(SOON_MS);
    const asked: unknown[] = [];
    const enough = new Promise<void>((resolve) => {
      client.on("auth:refresh", (why, reply) => {
        asked.push(why);
        reply(asked.length === 1 ? `${SOON_MS + 1}` : `${LATER_MS}`);
        if (asked.length === 2) resolve();
      });
    });
    await enough;
    const [socket] = [...io.sockets.sockets.values()];
    while (socket?.data.user.token !== `${LATER_MS}`) await Bun.sleep(1);
    const why = { code: "TOKEN_EXPIRED", timeoutMs: 10_000 };
    expect(asked).toEqual([why, why]);
    expect(socket.data.user.before).toBe(`${SOON_MS + 1}`);
    expect(client.connected).toBe(true);
  });

  test("asks in time where it is told to", async () => {
    listen();
    io.use(refreshing({ refreshAheadMs: LATER_MS + 1_000, refreshEvent: "token?" }));
    const client = clients.make(url, { auth: { token: `${LATER_MS}` } });
    const [, reply] = await once<[unknown, (token: string) => void]>(client, "token?");
    reply(`${2 * LATER_MS}`);
    const [socket] = [...io.sockets.sockets.values()];
    while (socket?.data.user.token !== `${2 * LATER_MS}`) await Bun.sleep(1);
    expect(client.connected).toBe(true);
  });

  test("does not ask again before a token runs out that has less left than it asks ahead", async () => {
    listen();
    const until = new Map<string, number>();
    const verified: string[] = [];
    const life = 1_200; // longer than the least time between two questions
    io.use(
      refreshing({
        verify(token) {
          verified.push(token);
          const at = until.get(token) ?? Date.now() + life;
          until.set(token, at);
          return { token, until: at, before: undefined };
        },
        refreshAheadMs: LATER_MS,
      }),
    );
    const client = clients.make(url, { transports: ["websocket"], auth: { token: "cached" } });
    const askedAt: number[] = [];
    client.on("auth:refresh", (_why, reply) => {
      askedAt.push(Date.now());
      reply("cached"); // the token that it has
    });
    expect(await ended(client)).toEqual(["TOKEN_EXPIRED", "io server disconnect"]);
    expect(verified).toEqual(["cached", "cached", "cached"]);
    expect(askedAt).toHaveLength(2);
    expect(askedAt[1]).toBeGreaterThanOrEqual(until.get("cached") ?? Infinity);
  });

  test.each([
    ["that are soon over", { refreshAheadMs: 0 }, SOON_MS],
    [
      "that last a little longer than it asks ahead",
      { refreshAheadMs: LATER_MS },
      LATER_MS + SOON_MS,
    ],
  ])("asks for tokens %s no more than once in a second", async (_, options, life) => {
    listen();
    io.use(refreshing(options));
    const beforeAll = Date.now();
    let asked = 0;
    const twice = new Promise<number>((resolve) => {
      io.on("connection", (socket) =>
        socket.onAnyOutgoing(() => {
          asked++;
          if (asked === 2) resolve(Date.now());
        }),
      );
    });
    make(life).on("auth:refresh", (_why, reply) => reply(`${life}`));
    expect((await twice) - beforeAll).toBeGreaterThanOrEqual(1_000);
  });

  test.each([
    ["none", null, "TOKEN_EXPIRED"],
    ["no text", { a: 1 }, "TOKEN_EXPIRED"],
    ["one that is not valid", "bad", "TOKEN_INVALID"],
    ["one that has run out as well", "-1", "TOKEN_EXPIRED"],
    ["one that is refused with a code", "throw", "BANNED"],
  ])("disconnects a client that has %s", async (_, answer, code) => {
    listen();
    io.use(refreshing());
    const client = make(SOON_MS);
    client.on("auth:refresh", (_why, reply) => reply(answer));
    expect(await ended(client)).toEqual([code, "io server disconnect"]);
  });

  test("disconnects a client that does not answer in time", async () => {
    listen();
    io.use(refreshing({ refreshTimeoutMs: SOON_MS, expiredEvent: "over" }));
    const client = make(SOON_MS);
    const told = once<[unknown]>(client, "over");
    expect((await once(client, "disconnect"))[0]).toBe("io server disconnect");
    expect(await told).toEqual([{ code: "TOKEN_EXPIRED" }]);
  });
});

test("nobody waits for the time of sockets that are gone, or were never let in", async () => {
  listen(); // for afterEach()
  const program = `
    import { Server } from "bun-socket.io";
    import { tokenAuth } from "bun-socket.io/auth";
    import { io as connect } from "socket.io-client";
    const server = new Server(0, { hostname: "127.0.0.1" });
    const verify = async (token) => {
      if (token === "slow") {
        left.disconnect();
        while (server.engine.clientsCount > 0) await Bun.sleep(1);
        verified();
      }
      return token;
    };
    server.use(tokenAuth({ verify, expiresAt: () => Date.now() + ${LATER_MS} }));
    server.use((socket, next) => next(socket.data.user === "bad" ? new Error("no") : undefined));
    const url = "http://127.0.0.1:" + server.httpServer.address().port;
    const make = (token) => connect(url, {
      forceNew: true, reconnection: false, transports: ["websocket"], auth: { token },
    });
    const once = (token, event) => new Promise((resolve) => {
      const client = make(token);
      client.on(event, () => resolve(client));
    });
    let verified;
    const late = new Promise((resolve) => (verified = resolve));
    const left = make("slow");
    await late;
    const refused = await once("bad", "connect_error");
    const client = await once("good", "connect");
    const gone = new Promise((resolve) => [...server.sockets.sockets.values()][0].on("disconnect", resolve));
    client.disconnect();
    await gone;
    refused.disconnect();
    await server.close();
    console.log("closed");
  `;
  const child = Bun.spawn([process.execPath, "-e", program], {
    cwd: `${import.meta.dir}/../..`,
    stdio: ["ignore", "pipe", "inherit"],
  });
  expect(await new Response(child.stdout).text()).toBe("closed\n");
  expect(await child.exited).toBe(0);
});
