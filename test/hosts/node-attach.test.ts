import { afterEach, describe, expect, test } from "bun:test";
import { once as onceEvent } from "node:events";
import { createServer, type Server as HttpServer, type RequestListener } from "node:http";
import { connect, createServer as createTcpServer } from "node:net";
import { Server, type Socket, SocketIOError } from "bun-socket.io";
import { WebSocketServer } from "ws";
import { Clients, once } from "../support/clients.ts";
import { portOf, TRANSPORTS } from "../support/hosts.ts";
import { PACKAGES } from "../support/packages.ts";
import { Connection, exchange } from "../support/raw.ts";
import { requestWebSocket } from "../support/raw-websocket.ts";

const hostname = "127.0.0.1";
const clients = new Clients();
const servers: HttpServer[] = [];

afterEach(async () => {
  clients.closeAll();
  await Promise.all(
    servers.splice(0).map(async (server) => {
      if (server.listening) {
        const closed = onceEvent(server, "close");
        server.close();
        server.closeAllConnections();
        await closed;
      }
    }),
  );
});

function make(listener?: RequestListener): HttpServer {
  const server = createServer(listener);
  servers.push(server);
  return server;
}

async function start(server: HttpServer): Promise<number> {
  const listening = onceEvent(server, "listening");
  server.listen(0, hostname);
  await listening;
  return portOf(server);
}

const urlOf = (port: number): string => `http://${hostname}:${port}`;
const HANDSHAKE = "/socket.io/?EIO=4&transport=polling";

describe.each([...PACKAGES])("$name", ({ name, Server: PackageServer }) => {
  test("lets middlewares of a proxy put the client's own address into a request", async () => {
    const server = make((request, response) => {
      Object.defineProperty(request.socket, "remoteAddress", { value: "203.0.113.1" });
      response.end(request.socket.remoteAddress);
    });
    const io = new PackageServer(server);
    const port = await start(server);
    io.engine.use((request, _response, next) => {
      Object.defineProperty(request.socket, "remoteAddress", { value: "203.0.113.2" });
      next();
    });
    expect((await exchange(port, "GET", "/page")).body).toBe("203.0.113.1");
    const connection = once<[{ remoteAddress: string }]>(io.engine, "connection");
    await exchange(port, "GET", HANDSHAKE);
    expect((await connection)[0].remoteAddress).toBe("203.0.113.2");
  });

  test.each(TRANSPORTS)(
    "serves a server that was given to it, over $name",
    async ({ transports }) => {
      const server = make();
      const io = new PackageServer(server);
      expect(io.httpServer).toBe(server);
      io.on("connection", (socket) => socket.on("echo", (value, reply) => reply(value)));
      const client = await clients.connect(urlOf(await start(server)), {
        transports: [...transports],
      });
      expect(await client.emitWithAck("echo", [Buffer.from("x"), 1])).toEqual([
        Buffer.from("x"),
        1,
      ]);
      await io.close();
    },
  );

  test.each(["listen", "attach"] as const)(
    "takes a server that listens already: %s()",
    async (method) => {
      const server = make();
      const port = await start(server);
      const io = new PackageServer({ path: "/own" });
      io[method](server);
      await clients.connect(urlOf(port), { path: "/own" });
      await io.close();
    },
  );

  test("leaves requests under other paths to the listeners there were, in their order", async () => {
    const calls: unknown[] = [];
    const server = make(() => calls.push("first"));
    server.on("request", function (this: HttpServer, request, response) {
      calls.push(this === server, request.url);
      response.end("page");
    });
    new PackageServer(server);
    const port = await start(server);
    const page = await exchange(port, "GET", "/socket.io");
    expect([page.status, page.body]).toEqual([200, "page"]);
    expect(calls.splice(0)).toEqual(["first", true, "/socket.io"]);
    expect((await exchange(port, "GET", HANDSHAKE)).body).toStartWith("0{");
    const script = await exchange(port, "GET", "/socket.io/socket.io.js");
    expect([script.status, script.body.includes("Socket.IO")]).toEqual([200, true]);
    expect(calls).toEqual([]);
  });

  test("leaves nothing of its own on requests under other paths", async () => {
    const seen: string[][] = [];
    const server = make((request, response) => {
      seen.push(Object.keys(request).filter((key) => key === "_query"));
      seen.push(Object.keys(request.socket).filter((key) => key.startsWith("remote")));
      response.end();
    });
    new PackageServer(server);
    await exchange(await start(server), "GET", "/page?a=1");
    expect(seen).toEqual([[], []]);
  });

  test("lets a listener that comes later see every request", async () => {
    const server = make();
    new PackageServer(server);
    const urls: unknown[] = [];
    server.on("request", ({ url }, response) => {
      urls.push(url);
      if (!response.headersSent && !url?.startsWith("/socket.io/")) {
        response.end("later");
      }
    });
    const port = await start(server);
    expect((await exchange(port, "GET", "/x")).body).toBe("later");
    expect((await exchange(port, "GET", HANDSHAKE)).body).toStartWith("0{");
    expect(urls).toEqual(["/x", HANDSHAKE]);
  });

  test("shares a server with WebSockets of another library", async () => {
    const server = make();
    new PackageServer(server, { destroyUpgradeTimeout: 1 });
    const others = new WebSocketServer({ noServer: true });
    server.on("upgrade", (request, socket, head) => {
      if (request.url === "/other") {
        others.handleUpgrade(request, socket, head, (ws) => {
          ws.on("message", (data) => ws.send(`got ${data}`));
        });
      }
    });
    const port = await start(server);
    const { webSocket } = await requestWebSocket(port, "/other");
    await clients.connect(urlOf(port), { transports: ["websocket"] });
    webSocket?.send("x");
    expect(await webSocket?.text()).toBe("got x");
    webSocket?.connection.destroy();
  });

  test("ends an upgrade that nobody takes, behind its timeout", async () => {
    const server = make();
    new PackageServer(server, { destroyUpgradeTimeout: 30 });
    const port = await start(server);
    const began = performance.now();
    const connection = new Connection(port);
    connection.request("GET", "/other", { Connection: "Upgrade", Upgrade: "websocket" });
    await connection.closed;
    expect(performance.now() - began).toBeGreaterThanOrEqual(25);
  });

  test("leaves an upgrade alone that nobody takes, if told to", async () => {
    const server = make();
    new PackageServer(server, { destroyUpgrade: false, destroyUpgradeTimeout: 1 });
    const upgrade = onceEvent(server, "upgrade");
    const connection = new Connection(await start(server));
    connection.request("GET", "/other", { Connection: "Upgrade", Upgrade: "websocket" });
    const [, socket] = await upgrade;
    // Were it to be ended, a timer that was set before this one would have done it.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(connection.isClosed).toBeFalse();
    (socket as { end(text: string): void }).end("HTTP/1.1 418 Late\r\nContent-Length: 0\r\n\r\n");
    expect((await connection.response()).status).toBe(418);
    connection.destroy();
  });

  test("has no slash at the end of the path, if told to", async () => {
    const server = make();
    new PackageServer(server, { addTrailingSlash: false, path: "/own" });
    const port = await start(server);
    const answer = await exchange(port, "GET", "/own?EIO=4&transport=polling");
    expect(answer.body).toStartWith("0{");
    await clients.connect(urlOf(port), { path: "/own", addTrailingSlash: false });
  });

  test("closes the server, and frees its port though connections are kept alive", async () => {
    const server = make((_request, response) => response.end("page"));
    const io = new PackageServer(server);
    const port = await start(server);
    const idle = new Connection(port);
    idle.request("GET", "/page");
    expect((await idle.response()).body).toBe("page");
    const polling = await clients.connect(urlOf(port), { transports: ["polling"] });
    const webSocket = await clients.connect(urlOf(port), { transports: ["websocket"] });
    const gone = [once(polling, "disconnect"), once(webSocket, "disconnect")];
    const errors: unknown[] = [];
    await io.close((error) => errors.push(error));
    await Promise.all([...gone, idle.closed]);
    expect(errors).toEqual([undefined]);
    expect([server.listening, io.httpServer === server]).toEqual([false, true]);
    const next = createTcpServer();
    const listening = onceEvent(next, "listening");
    next.listen(port, hostname);
    await listening;
    const closed = onceEvent(next, "close");
    next.close();
    await closed;
  });

  test("tells the callback of close() that the server did not listen", async () => {
    const io = new PackageServer(make());
    const codes: unknown[] = [];
    await io.close((error) => codes.push((error as NodeJS.ErrnoException | undefined)?.code));
    expect(codes).toEqual(["ERR_SERVER_NOT_RUNNING"]);
  });

  test("serves a server that is closed and listens again", async () => {
    const server = make();
    const io = new PackageServer(server);
    await start(server);
    await io.close();
    const port = await start(server);
    for (const { transports } of TRANSPORTS) {
      await clients.connect(urlOf(port), { transports: [...transports] });
    }
    expect(io.engine.clientsCount).toBe(TRANSPORTS.length);
    clients.closeAll();
    await io.close();
  });

  test("ends its sessions when the server closes", async () => {
    const server = make();
    const io = new PackageServer(server);
    const port = await start(server);
    const answer = await exchange(port, "GET", HANDSHAKE);
    expect([answer.status, io.engine.clientsCount]).toEqual([200, 1]);
    const closed = onceEvent(server, "close");
    server.close();
    server.closeIdleConnections();
    await closed;
    expect(io.engine.clientsCount).toBe(0);
  });

  test("refuses a request handler where a server belongs", () => {
    const attempt = (): unknown => new PackageServer((() => {}) as unknown as HttpServer);
    expect(attempt).toThrow(/request.handler.*server/i);
    if (name === "bun-socket.io") {
      expect(attempt).toThrow(SocketIOError);
      expect(attempt).toThrow(expect.objectContaining({ code: "ERR_INVALID_ARGUMENT" }));
    }
  });
});

test("serves several servers, and closes them all", async () => {
  const [one, two] = [make(), make()];
  const io = new Server(one);
  io.attach(two).attach(0, { hostname });
  const ports = [await start(one), await start(two), portOf(io.httpServer)];
  const joined = await Promise.all(ports.map((port) => clients.connect(urlOf(port))));
  const heard = joined.map((client) => once(client, "hello"));
  io.emit("hello", 1);
  expect(await Promise.all(heard)).toEqual([[1], [1], [1]]);
  // One of them closes: the sessions over the others go on.
  joined[0]?.disconnect();
  const closed = onceEvent(one, "close");
  one.close();
  one.closeAllConnections();
  await closed;
  expect(io.engine.clientsCount).toBe(2);
  const errors: unknown[] = [];
  await io.close((error) => errors.push((error as NodeJS.ErrnoException | undefined)?.code));
  expect(errors).toEqual(["ERR_SERVER_NOT_RUNNING"]); // of the one that was closed before
  for (const port of ports) {
    const socket = connect(port, hostname);
    const [error] = await onceEvent(socket, "error");
    expect(error.code).toBe("ECONNREFUSED");
  }
});

test("serves a server once to which it is attached twice", async () => {
  const server = make();
  const io = new Server(server).attach(server).listen(server);
  const port = await start(server);
  const connections: Socket[] = [];
  io.on("connection", (socket) => connections.push(socket));
  await clients.connect(urlOf(port), { transports: ["websocket"] });
  expect(connections).toHaveLength(1);
  await io.close();
});

test("waits for the application's requests when it closes, but not for its own for ever", async () => {
  let finish = (): void => {};
  const server = make((_request, response) => {
    finish = () => response.end("late");
  });
  const io = new Server(server);
  io.engine.use((request, _response, next) => {
    if (request._query.stuck === undefined) {
      next();
    }
  });
  const port = await start(server);
  const page = exchange(port, "GET", "/page");
  const stuck = new Connection(port);
  stuck.request("GET", `${HANDSHAKE}&stuck`);
  await onceEvent(server, "request");
  await exchange(port, "GET", HANDSHAKE);
  const closing = io.close();
  await stuck.closed;
  finish();
  expect((await page).body).toBe("late");
  await closing;
});

test("is told the address of a request as long as the session lasts", async () => {
  const server = make();
  const io = new Server(server);
  const connection = once<[Socket]>(io, "connection");
  await clients.connect(urlOf(await start(server)));
  const [{ request, handshake }] = await connection;
  expect(request.connection.remoteAddress).toBe(hostname);
  expect(handshake.address).toBe(hostname);
  await io.close();
  expect(request.socket.remoteAddress).toBe(hostname);
});
