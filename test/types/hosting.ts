// The ways of hosting a server compile as the documentation shows them; nothing here runs.

import { createServer, type RequestListener } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { Adapter, Server, type ServerOptions, SocketIOError } from "bun-socket.io";
import { attach, type CloseReason, type EngineServer, listen } from "bun-socket.io/engine";
import { WebSocketServer } from "ws";
import { type Equal, expectType } from "./expect.ts";

export function handler(io: Server): void {
  Bun.serve({ port: 3000, ...io.handler() });
  Bun.serve({ port: 3000, ...io.handler({ fetch: () => new Response("page") }) });
  Bun.serve({
    ...io.handler({
      async fetch(request, server) {
        return new Response(`${new URL(request.url).pathname} on ${server.port}`);
      },
    }),
  });
  // @ts-expect-error a fetch handler answers with a Response
  Bun.serve({ ...io.handler({ fetch: () => "page" }) });
}

export function handlerWithOwnWebSockets(io: Server): void {
  Bun.serve<{ name: string }>({
    ...io.handler<{ name: string }>({
      fetch(request, server) {
        if (server.upgrade(request, { data: { name: "own" } })) {
          return undefined;
        }
        return new Response("no WebSocket", { status: 400 });
      },
      websocket: {
        message(ws, message) {
          ws.send(`${ws.data.name}: ${message}`);
          // @ts-expect-error there is no such data
          ws.data.unknown;
        },
      },
    }),
  });
}

export function routes(io: Server): void {
  Bun.serve({
    routes: {
      "/socket.io/*": (request, server) => io.handle(request, server),
      "/": new Response("page"),
    },
    websocket: io.websocket,
  });
  Bun.serve({
    fetch(request, server) {
      return new URL(request.url).pathname.startsWith("/socket.io/")
        ? io.handle(request, server)
        : new Response("page");
    },
    websocket: io.websocket,
  });
}

export function making(): void {
  new Server();
  new Server(3000);
  new Server("3000", { cors: { origin: "*" } });
  new Server(undefined, {});
  const options: ServerOptions = {
    path: "/x",
    serveClient: false,
    adapter: Adapter,
    connectTimeout: 1000,
    pingInterval: 1000,
    transports: ["websocket"],
    cors: { origin: ["https://example.com"], credentials: true },
    cookie: { name: "io", httpOnly: true, sameSite: "strict" },
    httpCompression: { threshold: 2048 },
    perMessageDeflate: true,
    allowRequest: (request, decide) => decide(null, request.headers.origin === undefined),
  };
  const io = new Server({ ...options, adapter: (nsp) => new Adapter(nsp) });
  io.listen(3000, options).attach("3001");
  io.listen("/run/chat.sock").listen(3000, {
    hostname: "::",
    ipv6Only: true,
    reusePort: true,
    tls: { key: Bun.file("key.pem"), cert: Bun.file("cert.pem") },
  });
  new Server("/run/chat.sock", { tls: [{ key: "", cert: "", serverName: "a.example" }] });
  const address: AddressInfo | string | null | undefined = io.httpServer?.address();
  if (typeof address === "object") {
    expectType<Equal<number | undefined, NonNullable<typeof address>["port"] | undefined>>();
  }
  // @ts-expect-error it is a boolean
  io.listen(3000, { reusePort: 1 });
  io.close((error) => error?.message).then(() => {});
  io.path("/y").serveClient(true).connectTimeout(1).adapter(Adapter);
  // @ts-expect-error there is no such transport
  new Server({ transports: ["flash"] });
  // @ts-expect-error it is a number
  new Server({ pingInterval: "1000" });
}

export function telling(error: unknown): string {
  if (error instanceof SocketIOError) {
    switch (error.code) {
      case "ERR_ALREADY_LISTENING":
      case "ERR_RESERVED_EVENT":
        return error.message;
      // @ts-expect-error there is no such code
      case "ERR_UNKNOWN":
        return "";
    }
  }
  return "";
}

export function engine(io: Server): void {
  io.engine.on("connection_error", ({ req, code, message, context }) => {
    expectType<Equal<typeof message, string>>();
    return [req.url, code, context];
  });
  io.engine.on("headers", (headers, request) => {
    headers["x-url"] = request.url;
  });
  io.engine.on("connection", (session) => session.id.toUpperCase());
  expectType<Equal<typeof io.engine.clientsCount, number>>();
  io.on("connection", ({ conn, request }) => {
    conn.once("upgrade", (transport) => transport.name);
    conn.on("close", (reason) => expectType<Equal<typeof reason, CloseReason>>());
    request.headers.cookie?.split(";");
  });
}

export function nodeServers(app: RequestListener): void {
  const http = createServer(app);
  const https = createHttpsServer({}, app);
  const http2 = createSecureServer({ allowHTTP1: true });
  const io = new Server(http, { destroyUpgrade: false, destroyUpgradeTimeout: 1000 });
  io.attach(https, { path: "/x" }).listen(http2).listen(3000);
  io.engine.attach(http, { path: "/engine.io", addTrailingSlash: false });
  http.on("request", (request, response) => io.engine.handleRequest(request, response));
  http.on("upgrade", (request, socket, head) => io.engine.handleUpgrade(request, socket, head));
  const engine: EngineServer = attach(http, { path: "/x", pingInterval: 1000 });
  engine.on("connection", (session) => session.id);
  listen(3000, { transports: ["websocket"] }, () => {}).httpServer?.address();
  new Server({ wsEngine: WebSocketServer });
  // @ts-expect-error an application is no server
  new Server(app);
  // @ts-expect-error it is a number
  io.attach(http, { destroyUpgradeTimeout: "1" });
}
