// Where tokenAuth() looks for a token, and what refused clients are told.

import { afterEach, describe, expect, test } from "bun:test";
import { Server, type ServerOptions } from "bun-socket.io";
import { AuthError, type TokenAuth, type TokenSource, tokenAuth } from "bun-socket.io/auth";
import { parseCookie } from "cookie";
import type { ManagerOptions, SocketOptions } from "socket.io-client";
import { Clients, connected } from "../support/clients.ts";
import { HOSTS, portOf, TRANSPORTS } from "../support/hosts.ts";
import { exchange } from "../support/raw.ts";
import { requestWebSocket } from "../support/raw-websocket.ts";

type ClientOptions = Partial<ManagerOptions & SocketOptions>;

interface User {
  name: string;
}

const clients = new Clients();
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  clients.closeAll();
  for (const close of closing.splice(0)) await close();
});

/** A server on a free port. */
function listen(options: ServerOptions = {}): { io: Server; url: string; port: number } {
  const io = new Server(0, { hostname: "127.0.0.1", ...options });
  closing.push(() => io.close());
  const port = portOf(io.httpServer);
  return { io, port, url: `http://127.0.0.1:${port}` };
}

/** Lets in whoever has a token that begins with `good-`; lists the tokens that it was asked about. */
function byName(from?: readonly TokenSource[]): { auth: TokenAuth<User>; asked: string[] } {
  const asked: string[] = [];
  const auth = tokenAuth({
    ...(from === undefined ? {} : { from }),
    verify(token): User | null {
      asked.push(token);
      return token.startsWith("good-") ? { name: token.slice(5) } : null;
    },
  });
  return { auth, asked };
}

/** The user of a client that is let in, or what it is told. */
async function tryToConnect(url: string, io: Server, options: ClientOptions): Promise<unknown> {
  const client = clients.make(url, options);
  try {
    await connected(client);
  } catch (error) {
    const { message, data } = error as Error & { data?: unknown };
    return [message, data];
  }
  return io.of(new URL(url).pathname).sockets.get(client.id ?? "")?.data;
}

const MISSING = ["a token is needed", { code: "TOKEN_MISSING" }];
const INVALID = ["the token is not valid", { code: "TOKEN_INVALID" }];
const ADA = { user: { name: "ada" } };

const WAYS: readonly (readonly [string, TokenSource, (token: string) => ClientOptions])[] = [
  ["auth", "auth", (token) => ({ auth: { token } })],
  ["another field of auth", { auth: "jwt" }, (jwt) => ({ auth: { jwt } })],
  ["a Bearer header", "header", (it) => ({ extraHeaders: { Authorization: `Bearer ${it}` } })],
  ["another header", { header: "X-Key" }, (it) => ({ extraHeaders: { "x-key": it } })],
  ["the query", "query", (token) => ({ query: { token } })],
  ["another parameter", { query: "jwt" }, (jwt) => ({ query: { jwt } })],
  ["a cookie", "cookie", (it) => ({ extraHeaders: { Cookie: `a=b; token=${it}` } })],
  ["another cookie", { cookie: "s" }, (it) => ({ extraHeaders: { Cookie: `s=${it}` } })],
  [
    "a function",
    ({ headers }) => parseCookie(headers.cookie ?? "").x?.split(".")[1],
    (it) => ({ extraHeaders: { Cookie: `x=1.${it}` } }),
  ],
  [
    "a function that takes its time",
    async ({ auth }) => (await Promise.resolve(auth))?.nested.token,
    (token) => ({ auth: { nested: { token } } }),
  ],
];

describe.each(TRANSPORTS)("over $name", ({ transports }) => {
  test.each(WAYS)("a token in %s lets its user in, and no other", async (_, source, give) => {
    const { auth } = byName([source]);
    const { io, url } = listen();
    auth.guard(io);
    const options = (token: string) => ({ transports: [...transports], ...give(token) });
    expect(await tryToConnect(url, io, options("good-ada"))).toEqual(ADA);
    expect(await tryToConnect(url, io, options("bad"))).toEqual(INVALID);
    expect(io.sockets.sockets.size).toBe(1);
  });
});

describe("tokenAuth()", () => {
  test("looks in one place after the other, and the first token counts", async () => {
    const { auth, asked } = byName(["query", "header", "auth"]);
    const { io, url } = listen();
    io.use(auth);
    const extraHeaders = { Authorization: "bearer good-ada" };
    const transports = ["websocket"];
    expect(await tryToConnect(url, io, { transports, extraHeaders })).toEqual(ADA);
    const both = { transports, extraHeaders, query: { token: "bad" } };
    expect(await tryToConnect(url, io, both)).toEqual(INVALID);
    expect(asked).toEqual(["good-ada", "bad"]);
  });

  test("without sources, looks in auth and then in the header", async () => {
    const { auth, asked } = byName();
    const { io, url } = listen();
    io.use(auth);
    const extraHeaders = { Authorization: "Bearer good-header" };
    await tryToConnect(url, io, { extraHeaders, auth: { token: "good-auth" } });
    await tryToConnect(url, io, { extraHeaders });
    expect(asked).toEqual(["good-auth", "good-header"]);
  });

  test.each([
    {},
    { auth: { token: "" } },
    { auth: { token: 5 } },
    { auth: { token: { length: 3 } } },
    { auth: { token: ["good-ada"] } },
    { extraHeaders: { Authorization: "Basic good-ada" } },
    { extraHeaders: { Authorization: "Bearer" } },
  ])("takes %p for no token", async (options) => {
    const { auth, asked } = byName();
    const { io, url } = listen();
    io.use(auth);
    expect(await tryToConnect(url, io, options)).toEqual(MISSING);
    expect(asked).toEqual([]);
  });

  test("guards one namespace, also of those made on demand, and leaves the others open", async () => {
    const { auth } = byName();
    const { io, url } = listen();
    auth.guard(io.of("/members"));
    auth.guard(io.of(/^\/room-\d$/));
    const good = { auth: { token: "good-ada" } };
    expect(await tryToConnect(`${url}/`, io, {})).toEqual({});
    for (const name of ["/members", "/room-1"]) {
      expect(await tryToConnect(url + name, io, {})).toEqual(MISSING);
      expect(await tryToConnect(url + name, io, good)).toEqual(ADA);
    }
  });

  test("tells a client what verify() throws as an AuthError, and nothing of other errors", async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on("warning", onWarning);
    const auth = tokenAuth({
      verify(token): User {
        throw token === "banned"
          ? new AuthError("BANNED", "not you")
          : new Error("database secret");
      },
    });
    const { io, url } = listen();
    io.use(auth);
    const banned = await tryToConnect(url, io, { auth: { token: "banned" } });
    expect(banned).toEqual(["not you", { code: "BANNED" }]);
    expect(await tryToConnect(url, io, { auth: { token: "any" } })).toEqual([
      "the token could not be verified",
      { code: "VERIFY_FAILED" },
    ]);
    process.off("warning", onWarning);
    expect(warnings).toHaveLength(1);
    expect(Object(warnings[0]).detail).toContain("database secret");
  });

  test.each([
    [{ from: [] }],
    [{ from: "auth" as never }],
    [{ from: ["body" as never] }],
    [{ from: [{ header: "" }] }],
    [{ from: [{ header: "a", query: "b" }] }],
    [{ from: [null as never] }],
    [{ onExpired: "ask" as never }],
    [{ refreshTimeoutMs: -1 }],
    [{ expiresAt: 5 as never }],
  ])("refuses the options %p", (options) => {
    expect(() => tokenAuth({ verify: () => null, ...options })).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_OPTION" }),
    );
  });

  test("needs verify()", () => {
    expect(() => tokenAuth({} as never)).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_ARGUMENT" }),
    );
  });
});

describe.each(HOSTS)("allowRequest on $name", ({ start }) => {
  /** What both kinds of handshake are answered. */
  async function handshakes(port: number, headers: Record<string, string>): Promise<unknown[]> {
    const polling = await exchange(port, "GET", "/socket.io/?EIO=4&transport=polling", headers);
    const upgrade = await requestWebSocket(port, "/socket.io/?EIO=4&transport=websocket", headers);
    upgrade.webSocket?.connection.destroy();
    return [polling.status, upgrade.answer.status];
  }

  test("answers 401 before there is a session, and asks for a Bearer token", async () => {
    const { auth, asked } = byName();
    const running = start({ allowRequest: auth.allowRequest });
    closing.push(running.close);
    const { io, port } = running;
    expect(await handshakes(port, {})).toEqual([401, 401]);
    expect(await handshakes(port, { Authorization: "Bearer bad" })).toEqual([401, 401]);
    expect(asked).toEqual(["bad", "bad"]);
    const answer = await fetch(`${running.url}/socket.io/?EIO=4&transport=polling`);
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    expect(await answer.json()).toEqual({ code: 4, message: "TOKEN_MISSING" });
    const path = "/socket.io/?EIO=4&transport=websocket";
    const upgrade = await requestWebSocket(port, path, { Authorization: "Bearer bad" });
    expect(upgrade.answer.body).toBe("TOKEN_INVALID");
    expect(upgrade.answer.headers["www-authenticate"]).toBe("Bearer");
    expect(io.engine.clientsCount).toBe(0);
    expect(await handshakes(port, { Authorization: "Bearer good-ada" })).toEqual([200, 101]);
  });

  test("and the middleware verify a token once", async () => {
    const { auth, asked } = byName(["header"]);
    const running = start({ allowRequest: auth.allowRequest });
    closing.push(running.close);
    const { io, url } = running;
    auth.guard(io);
    auth.guard(io.of("/other"));
    const options = { extraHeaders: { Authorization: "Bearer good-ada" } };
    const client = clients.make(url, options);
    await connected(client);
    await connected(client.io.socket("/other"));
    expect([...io.of("/other").sockets.values()].map(({ data }) => data)).toEqual([ADA]);
    expect(io.sockets.sockets.get(client.id ?? "")?.data).toEqual(ADA);
    expect(asked).toEqual(["good-ada"]);
  });

  test("answers 503 where the token could not be verified", async () => {
    const auth = tokenAuth({
      verify: (): User => {
        throw new Error("no database");
      },
    });
    const running = start({ allowRequest: auth.allowRequest });
    closing.push(running.close);
    const warned = new Promise((resolve) => process.once("warning", resolve));
    expect(await handshakes(running.port, { Authorization: "Bearer any" })).toEqual([503, 503]);
    await warned;
  });
});
