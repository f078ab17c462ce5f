// The ways in to a server, so that one suite runs over each of them.

import { createServer } from "node:http";
import type { Server, ServerOptions } from "bun-socket.io";
import { Server as SocketIOServer } from "bun-socket.io";

/** A server under test, on a free port of the loopback. */
export interface Running {
  io: Server;
  port: number;
  /** `http://127.0.0.1:<port>` */
  url: string;
  /** Ends every session and frees the port. */
  close(): Promise<void>;
}

/** One way of hosting a server. */
export interface Host {
  name: string;
  /** Whether node:http reads the requests, and the server closes when Socket.IO does. */
  isNode?: true;
  start(options?: ServerOptions): Running;
}

const hostname = "127.0.0.1";

function running(io: Server, port: number, close: () => Promise<void>): Running {
  return { io, port, url: `http://${hostname}:${port}`, close };
}

/** The port that a server listens on. */
export function portOf(server: { address(): unknown } | undefined): number {
  const address = server?.address();
  return typeof address === "object" && address !== null && "port" in address
    ? Number(address.port)
    : 0;
}

/** Every way of hosting a server. */
export const HOSTS: readonly Host[] = [
  {
    name: "listen()",
    start(options = {}) {
      const io = new SocketIOServer({ hostname, ...options });
      io.listen(0);
      return running(io, portOf(io.httpServer), () => io.close());
    },
  },
  {
    name: "Bun.serve with handler()",
    start(options = {}) {
      const io = new SocketIOServer(options);
      const fetch = () => new Response("the application's own page");
      const server = Bun.serve({ port: 0, hostname, ...io.handler({ fetch }) });
      return running(io, server.port ?? 0, async () => {
        await io.close();
        await server.stop(true);
      });
    },
  },
  {
    name: "Bun.serve with routes, handle() and websocket",
    start(options = {}) {
      const io = new SocketIOServer(options);
      const server = Bun.serve({
        port: 0,
        hostname,
        routes: {
          "/socket.io/*": (request, self) => io.handle(request, self),
          "/": () => new Response("the application's own page"),
        },
        websocket: io.websocket,
      });
      return running(io, server.port ?? 0, async () => {
        await io.close();
        await server.stop(true);
      });
    },
  },
  {
    name: "a server of node:http",
    isNode: true,
    start(options = {}) {
      const httpServer = createServer((_request, response) => {
        response.end("the application's own page");
      });
      const io = new SocketIOServer(httpServer, options);
      httpServer.listen(0, hostname);
      return running(io, portOf(httpServer), () => io.close());
    },
  },
];

/** The ways a client can connect. */
export const TRANSPORTS = [
  { name: "polling", transports: ["polling"] },
  { name: "WebSocket", transports: ["websocket"] },
  { name: "polling upgraded to WebSocket", transports: ["polling", "websocket"] },
] as const;
