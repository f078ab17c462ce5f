import { afterEach, describe, expect, test } from "bun:test";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { Socket } from "bun-socket.io";
import express from "express";
import session from "express-session";
import helmet from "helmet";
import { Clients, once as onceOf } from "../support/clients.ts";
import { portOf, TRANSPORTS } from "../support/hosts.ts";
import { PACKAGES } from "../support/packages.ts";
import { requestWebSocket } from "../support/raw-websocket.ts";

const hostname = "127.0.0.1";
const clients = new Clients();
const opened: { close(): unknown }[] = [];

afterEach(async () => {
  clients.closeAll();
  for (const each of opened.splice(0)) {
    await each.close();
  }
});

interface Visits {
  visits?: number;
}

function sessionOf(request: unknown): Visits & { save(done: () => void): void } {
  return (request as { session: Visits & { save(done: () => void): void } }).session;
}

function makeSessions(): ReturnType<typeof session> {
  return session({
    secret: "s",
    resave: false,
    saveUninitialized: true,
    cookie: { secure: false },
  });
}

describe.each([...PACKAGES])("$name beside Express", ({ Server }) => {
  async function start() {
    const app = express();
    const sessions = makeSessions();
    app.use(sessions);
    app.get("/visit", (request, response) => {
      const own = sessionOf(request);
      own.visits = (own.visits ?? 0) + 1;
      response.json({ visits: own.visits });
    });
    const server = createServer(app);
    const io = new Server(server);
    opened.push(io);
    server.listen(0, hostname);
    await once(server, "listening");
    return { io, sessions, port: portOf(server), url: `http://${hostname}:${portOf(server)}` };
  }

  test("answers the application's requests, its unknown ones as well", async () => {
    const { url } = await start();
    expect(await (await fetch(`${url}/visit`)).json()).toEqual({ visits: 1 });
    expect((await fetch(`${url}/socket.io`)).status).toBe(404);
    expect((await fetch(`${url}/socket.io/?EIO=4&transport=polling`)).status).toBe(200);
  });

  test.each(TRANSPORTS)("shares its sessions, over $name", async ({ transports }) => {
    const { io, sessions, url } = await start();
    io.engine.use(sessions as unknown as Parameters<typeof io.engine.use>[0]);
    const visit = await fetch(`${url}/visit`);
    const [cookie = ""] = visit.headers.get("set-cookie")?.split(";") ?? [];
    expect(cookie).toStartWith("connect.sid=");
    const connection = onceOf<[Socket]>(io, "connection");
    await clients.connect(url, { transports: [...transports], extraHeaders: { cookie } });
    const [{ request }] = await connection;
    const own = sessionOf(request);
    expect(own.visits).toBe(1);
    own.visits = 41;
    await new Promise<void>((resolve) => own.save(resolve));
    const next = await fetch(`${url}/visit`, { headers: { cookie } });
    expect(await next.json()).toEqual({ visits: 42 });
  });

  test("begins a session with the handshake, whose cookie is on its answer", async () => {
    const { io, sessions, url, port } = await start();
    io.engine.use(sessions as unknown as Parameters<typeof io.engine.use>[0]);
    const polling = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
    expect(polling.headers.get("set-cookie")).toStartWith("connect.sid=");
    expect(await polling.text()).toStartWith("0{");
    const { answer, webSocket } = await requestWebSocket(
      port,
      "/socket.io/?EIO=4&transport=websocket",
    );
    expect(answer.headers["set-cookie"]).toStartWith("connect.sid=");
    webSocket?.connection.destroy();
  });

  test("puts the headers of helmet on its answers", async () => {
    const { io, url, port } = await start();
    io.engine.use(helmet() as unknown as Parameters<typeof io.engine.use>[0]);
    const polling = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
    const { answer, webSocket } = await requestWebSocket(
      port,
      "/socket.io/?EIO=4&transport=websocket",
    );
    for (const name of ["content-security-policy", "x-content-type-options"]) {
      expect(answer.headers[name]).toBeDefined();
      expect(polling.headers.get(name)).toBe(answer.headers[name] ?? "");
    }
    webSocket?.connection.destroy();
  });

  test("is mounted by hand in a route of Express", async () => {
    const app = express();
    const server = createServer(app);
    const other = new Server(createServer()); // the reference has no engine before it has a server
    const { engine } = other;
    app.use("/deep/socket.io", (request: IncomingMessage, response) => {
      engine.handleRequest(request as Parameters<typeof engine.handleRequest>[0], response);
    });
    server.listen(0, hostname);
    await once(server, "listening");
    opened.push(server, { close: () => other.engine.close() });
    const client = await clients.connect(`http://${hostname}:${portOf(server)}`, {
      path: "/deep/socket.io",
      transports: ["polling"],
    });
    expect(client.connected).toBeTrue();
  });
});
