// Servers with an engine that is not their own: bind().

import { createServer } from "node:http";
import { Server as BunEngine } from "@socket.io/bun-engine";
import { Server, type ServerOptions } from "bun-socket.io";
import { attach } from "engine.io";
import { Server as ReferenceServer } from "socket.io";
import { type Host, portOf, type Running } from "./hosts.ts";

const hostname = "127.0.0.1";
const path = "/socket.io/";

interface Bound {
  port: number;
  stop(): Promise<void>;
}

type Binds = (io: Pick<Server, "bind">, options: ServerOptions) => Bound;

/** The options that these engines know. */
function engineOptions({ pingInterval, pingTimeout }: ServerOptions): object {
  return {
    path,
    ...(pingInterval === undefined ? {} : { pingInterval }),
    ...(pingTimeout === undefined ? {} : { pingTimeout }),
  };
}

const bindBunEngine: Binds = (io, options) => {
  const engine = new BunEngine(engineOptions(options));
  io.bind(engine);
  const server = Bun.serve({ port: 0, hostname, ...engine.handler() });
  return { port: server.port ?? 0, stop: () => server.stop(true) };
};

const bindEngineIo: Binds = (io, options) => {
  const httpServer = createServer();
  io.bind(attach(httpServer, engineOptions(options)));
  httpServer.listen(0, hostname);
  return {
    port: portOf(httpServer),
    async stop() {
      httpServer.closeAllConnections();
      const closed = new Promise<void>((resolve) => httpServer.close(() => resolve()));
      httpServer.closeAllConnections();
      await closed;
    },
  };
};

const bindOurs: Binds = (io, options) => {
  const carrier = new Server({ hostname, ...options });
  carrier.engine.onSession = null;
  carrier.listen(0);
  io.bind(carrier.engine);
  return { port: portOf(carrier.httpServer), stop: () => carrier.close() };
};

function makeHost(name: string, make: (options: ServerOptions) => Server, bind: Binds): Host {
  return {
    name,
    start(options = {}): Running {
      const io = make(options);
      const { port, stop } = bind(io, options);
      return {
        io,
        port,
        url: `http://${hostname}:${port}`,
        async close() {
          await io.close();
          await stop();
        },
      };
    },
  };
}

/** Our server, with each engine. */
export const BOUND_HOSTS: readonly Host[] = [
  makeHost("bind() with @socket.io/bun-engine", (options) => new Server(options), bindBunEngine),
  makeHost("bind() with engine.io", (options) => new Server(options), bindEngineIo),
  makeHost("bind() with the engine of another server", (options) => new Server(options), bindOurs),
];

/** The reference with the same engines. */
export const BOUND_REFERENCES: readonly Host[] = [
  makeHost("the reference with @socket.io/bun-engine", reference, bindBunEngine),
  makeHost("the reference with engine.io", reference, bindEngineIo),
];

function reference(options: ServerOptions): Server {
  return new ReferenceServer(options as object) as unknown as Server;
}
