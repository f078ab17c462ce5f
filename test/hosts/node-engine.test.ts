import { afterEach, describe, expect, test } from "bun:test";
import { once } from "node:events";
import { createServer, type Server as HttpServer, type RequestListener } from "node:http";
import { Server, type ServerOptions } from "bun-socket.io";
import { type Session, Server as EngineServer } from "bun-socket.io/engine";
import { Socket as EngineClient } from "engine.io-client";
import { WebSocketServer } from "ws";
import { Clients } from "../support/clients.ts";
import { portOf, TRANSPORTS } from "../support/hosts.ts";
import { PACKAGES } from "../support/packages.ts";
import { exchange } from "../support/raw.ts";
import { requestWebSocket } from "../support/raw-websocket.ts";

const hostname = "127.0.0.1";
const clients = new Clients();
const engineClients: EngineClient[] = [];
const servers: HttpServer[] = [];

afterEach(async () => {
  clients.closeAll();
  for (const client of engineClients.splice(0)) {
    client.close();
  }
  await Promise.all(
    servers.splice(0).map(async (server) => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    }),
  );
});

async function start(listener?: RequestListener, server = createServer(listener)): Promise<number> {
  servers.push(server);
  if (!server.listening) {
    server.listen(0, hostname);
    await once(server, "listening");
  }
  return portOf(server);
}

/** A client of Engine.IO that is connected, and upgraded where it will be. */
async function connect(
  port: number,
  transports: readonly string[],
  path = "/engine.io",
): Promise<EngineClient> {
  const client = new EngineClient(`http://${hostname}:${port}`, {
    path,
    transports: [...transports] as ("polling" | "websocket")[],
  });
  engineClients.push(client);
  await new Promise<void>((resolve, reject) => {
    client.once(transports.length > 1 ? "upgrade" : "open", () => resolve());
    client.once("error", reject);
  });
  return client;
}

async function echoes(client: EngineClient, text: string): Promise<unknown> {
  const message = new Promise((resolve) => client.once("message", resolve));
  client.send(text);
  return message;
}

function echo(session: Session): void {
  session.on("message", (data) => session.send(data as string));
}

const HANDSHAKE = "?EIO=4&transport=polling";

describe.each([...PACKAGES])("the engine of $name", (the) => {
  test.each(TRANSPORTS)("is attached on its own, over $name", async ({ transports }) => {
    const server = createServer();
    const engine = new the.EngineServer();
    engine.attach(server, { path: "/own" });
    engine.on("connection", echo);
    const client = await connect(await start(undefined, server), transports, "/own");
    expect(await echoes(client, "x")).toBe("x");
    expect(engine.clientsCount).toBe(1);
  });

  test.each(TRANSPORTS)("is made by attach(), over $name", async ({ transports }) => {
    const server = createServer((_request, response) => response.end("page"));
    const engine = the.attach(server, { pingInterval: 1234 });
    engine.on("connection", echo);
    const port = await start(undefined, server);
    expect(await echoes(await connect(port, transports), "x")).toBe("x");
    expect((await exchange(port, "GET", "/")).body).toBe("page");
    expect(engine.opts.pingInterval).toBe(1234);
  });

  test("is made by listen(), with a server of its own", async () => {
    const engine = the.listen(0, { path: "/own" });
    engine.on("connection", echo);
    const { httpServer } = engine;
    if (httpServer === undefined) {
      throw new Error("no server");
    }
    await once(httpServer, "listening");
    const port = await start(undefined, httpServer);
    expect(await echoes(await connect(port, ["websocket"], "/own"), "x")).toBe("x");
    expect((await exchange(port, "GET", "/")).status).toBe(501);
  });

  test("calls back when it listens", async () => {
    const engine = await new Promise<ReturnType<typeof the.listen>>((resolve) => {
      const made = the.listen(0, () => resolve(made));
    });
    if (engine.httpServer !== undefined) {
      servers.push(engine.httpServer);
    }
    expect(engine.httpServer?.listening).toBeTrue();
  });

  test.each(TRANSPORTS)("is handed requests and upgrades, over $name", async ({ transports }) => {
    const engine = new the.EngineServer({ pingInterval: 300 });
    engine.on("connection", echo);
    const server = createServer((request, response) => {
      if (request.url?.startsWith("/anywhere/")) {
        engine.handleRequest(request as Parameters<typeof engine.handleRequest>[0], response);
      } else {
        response.end("page");
      }
    });
    server.on("upgrade", (request, socket, head) => {
      engine.handleUpgrade(request as Parameters<typeof engine.handleUpgrade>[0], socket, head);
    });
    const port = await start(undefined, server);
    const client = await connect(port, transports, "/anywhere");
    expect(await echoes(client, "x")).toBe("x");
    expect((await exchange(port, "GET", "/engine.io/")).body).toBe("page");
    engine.close();
  });

  test("has the request itself in its events and middlewares, with the query on it", async () => {
    const requests: unknown[] = [];
    const seen: unknown[][] = [];
    const engine = new the.EngineServer();
    engine.use((request, response, next) => {
      seen.push([request, request._query.transport, request._query.own]);
      response.setHeader("x-own", "1");
      next();
    });
    engine.on("initial_headers", (headers, request) => {
      headers["x-initial"] = String(requests.includes(request));
    });
    const server = createServer();
    server.on("request", (request) => requests.push(request));
    server.on("upgrade", (request) => requests.push(request));
    engine.attach(server);
    server.prependListener("request", (request) => requests.push(request));
    const port = await start(undefined, server);
    const polling = await exchange(port, "GET", `/engine.io/${HANDSHAKE}&own=1`);
    expect([polling.headers["x-own"], polling.headers["x-initial"]]).toEqual(["1", "true"]);
    const { answer, webSocket } = await requestWebSocket(
      port,
      "/engine.io/?EIO=4&transport=websocket&own=2",
    );
    expect([answer.headers["x-own"], answer.headers["x-initial"]]).toEqual(["1", "true"]);
    expect(seen.map(([request]) => requests.includes(request))).toEqual([true, true]);
    expect(seen.map(([, ...rest]) => rest)).toEqual([
      ["polling", "1"],
      ["websocket", "2"],
    ]);
    for (const session of Object.values(engine.clients)) {
      expect(requests).toContain(session.request);
    }
    webSocket?.connection.destroy();
  });

  test("takes a WebSocket server of the user's", async () => {
    const made: unknown[] = [];
    class Own extends WebSocketServer {
      constructor(options: ConstructorParameters<typeof WebSocketServer>[0]) {
        super(options);
        made.push(options);
      }
    }
    const server = createServer();
    const engine = the.attach(server, { wsEngine: Own, maxHttpBufferSize: 1000 });
    engine.on("connection", echo);
    const port = await start(undefined, server);
    const client = await connect(port, ["polling", "websocket"]);
    expect(await echoes(client, "x".repeat(999))).toBe("x".repeat(999));
    expect(made[0]).toEqual(
      expect.objectContaining({ noServer: true, clientTracking: false, maxPayload: 1000 }),
    );
  });
});

describe("io.engine", () => {
  test.each(TRANSPORTS)("is attached to a server, over $name", async ({ transports }) => {
    const io = new Server();
    const server = createServer();
    io.engine.attach(server, { path: "/own" });
    const client = await clients.connect(`http://${hostname}:${await start(undefined, server)}`, {
      path: "/own",
      transports: [...transports],
    });
    expect(io.sockets.sockets.size).toBe(1);
    client.on("echo", (value, reply) => reply(value));
    expect(await io.timeout(1000).emitWithAck("echo", 1)).toEqual([1]);
    await io.engine.close();
  });

  test("refuses what is no server, and options that are wrong", () => {
    const { engine } = new Server();
    const attach = engine.attach.bind(engine) as (...args: unknown[]) => void;
    for (const value of [undefined, null, {}, () => {}, 3000]) {
      expect(() => attach(value)).toThrow(
        expect.objectContaining({ code: "ERR_INVALID_ARGUMENT" }),
      );
    }
    for (const options of [{ path: 1 }, { destroyUpgrade: 1 }, { destroyUpgradeTimeout: -1 }]) {
      expect(() => attach(createServer(), options)).toThrow(
        expect.objectContaining({ code: "ERR_INVALID_OPTION" }),
      );
    }
  });
});

// The package `ws` itself and not what Bun has in its place: it writes to the socket of node:net.
test.each(TRANSPORTS)("serves over the package ws as well, over $name", async ({ transports }) => {
  const ws = await import(`${import.meta.dir}/../../node_modules/ws/wrapper.mjs`);
  expect(ws.WebSocketServer).not.toBe(WebSocketServer);
  const options: ServerOptions = { wsEngine: ws.WebSocketServer };
  const server = createServer();
  const io = new Server(server, options);
  io.on("connection", (socket) => socket.on("echo", (...args) => args.pop()(args)));
  const port = await start(undefined, server);
  const client = await clients.connect(`http://${hostname}:${port}`, {
    transports: [...transports],
  });
  const large = "x".repeat(900_000);
  const values = await Promise.all(
    [1, Buffer.from("x"), large, "last"].map((value) => client.emitWithAck("echo", value)),
  );
  expect(values).toEqual([[1], [Buffer.from("x")], [large], ["last"]]);
});

test("refuses a WebSocket with the status and headers of a middleware that answers", async () => {
  const server = createServer();
  const engine = new EngineServer();
  engine.attach(server);
  engine.use((_request, response) => {
    response.setHeader("x-why", "closed");
    response.writeHead(403);
    response.end("not you");
  });
  const port = await start(undefined, server);
  const { answer, connection } = await requestWebSocket(
    port,
    "/engine.io/?EIO=4&transport=websocket",
  );
  expect([answer.status, answer.headers["x-why"], answer.body]).toEqual([403, "closed", "not you"]);
  await connection.closed;
});
