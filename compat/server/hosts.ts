// How a server of each implementation is started on a free port.

import { createServer, type Server as HttpServer } from "node:http";
import type { ImplementationId } from "../implementations.ts";
import type { Anything, CompatOptions, CompatServer } from "../scenario.ts";

const hostname = "127.0.0.1";

/** A server that has been made, and does not listen yet. */
export interface Hosted {
  io: CompatServer;
  httpServer: HttpServer | null;
  /** Listens on a free port and returns it. */
  listen(): Promise<number>;
  /** Ends all, at once. */
  close(): Promise<void>;
}

/** One way of hosting a server. */
export interface Host {
  /** The package under test. */
  package: Anything;
  /** Its adapters over Redis, by the names that this package exports. */
  redis: Anything;
  make(options: CompatOptions): Hosted;
}

function listenOn(server: HttpServer): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, hostname, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

/** On a server of `node:http`. */
export function nodeHost(packageUnderTest: Anything, redis?: Anything): Host {
  return {
    package: packageUnderTest,
    redis,
    make(options) {
      const httpServer = createServer();
      const io = new packageUnderTest.Server(httpServer, options);
      return {
        io,
        httpServer,
        listen: () => listenOn(httpServer),
        async close() {
          const closed = Promise.resolve(io.close());
          httpServer.closeAllConnections();
          await closed.catch(() => {}); // the scenario may have closed it
        },
      };
    },
  };
}

/** This package, on `Bun.serve`. */
function bunServeHost(packageUnderTest: Anything, redis: Anything): Host {
  return {
    package: packageUnderTest,
    redis,
    make(options) {
      const io = new packageUnderTest.Server({ hostname, ...options });
      return {
        io,
        httpServer: null,
        async listen() {
          io.listen(0);
          return io.httpServer.address().port;
        },
        close: () => io.close(),
      };
    },
  };
}

/** The reference, with the engine for Bun of its authors. */
function bunEngineHost(packageUnderTest: Anything, engineModule: Anything, redis: Anything): Host {
  return {
    package: packageUnderTest,
    redis,
    make(options) {
      const io = new packageUnderTest.Server(options);
      const engine = new engineModule.Server({ path: "/socket.io/", ...options });
      io.bind(engine);
      let server: { port?: number | undefined; stop(force: boolean): Promise<void> } | null = null;
      return {
        io,
        httpServer: null,
        async listen() {
          server = Bun.serve({ port: 0, hostname, ...engine.handler() });
          return server.port ?? 0;
        },
        async close() {
          await server?.stop(true);
        },
      };
    },
  };
}

/** The adapters over Redis of the reference, which are packages of their own. */
async function referenceRedis(): Promise<Anything> {
  const { createAdapter, createShardedAdapter } = await import("@socket.io/redis-adapter");
  const { createAdapter: createStreamsAdapter } = await import("@socket.io/redis-streams-adapter");
  const { Emitter } = await import("@socket.io/redis-emitter");
  return { createAdapter, createShardedAdapter, createStreamsAdapter, Emitter };
}

/** The reference, whatever the implementation: for fleets of both. */
export async function referenceHost(): Promise<Host> {
  return nodeHost(await import("socket.io"), await referenceRedis());
}

/** Loads what an implementation needs. */
export async function hostOf(id: ImplementationId): Promise<Host> {
  switch (id) {
    case "ours on Bun.serve":
      return bunServeHost(await import("bun-socket.io"), await import("bun-socket.io/redis"));
    case "ours on node:http":
      return nodeHost(await import("bun-socket.io"), await import("bun-socket.io/redis"));
    case "bun-engine":
      return bunEngineHost(
        await import("socket.io"),
        await import("@socket.io/bun-engine"),
        await referenceRedis(),
      );
    default:
      return referenceHost();
  }
}
