// Starts nodes in processes of their own, and talks to them.

import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createServer, type Server as NetServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { NodeRequest, TestNode } from "bun-socket.io/adapter-tests";
import type { AdapterConfig } from "./adapter-config.ts";
import { decoder, encode, type FromNode } from "./codec.ts";
import { type NodeSettings, SETTINGS } from "./node-settings.ts";

const ROOT = resolve(import.meta.dir, "../../..");
const HERE = import.meta.dir;
const START_MS = 20_000;

/** A server and what runs it. */
export interface NodeKind {
  name: string;
  /** What to import the server from. */
  server: string;
  /** What to import the adapters from, and the name of the function there. */
  adapters: string;
  make: string;
  isNode?: true;
}

/** The server of this package with the published adapters, on Bun. */
export const OWN_SERVER: NodeKind = {
  name: "bun-socket.io on Bun",
  server: join(ROOT, "lib/index.ts"),
  adapters: join(HERE, "published-adapters.ts"),
  make: "makePublished",
};

/** All of this package, on Bun. */
export const OWN: NodeKind = {
  ...OWN_SERVER,
  name: "bun-socket.io with its own adapters",
  adapters: join(HERE, "own-adapters.ts"),
  make: "makeOwn",
};

/** The reference, on Node.js. */
export const REFERENCE_ON_NODE: NodeKind = {
  name: "socket.io on Node.js",
  server: "socket.io",
  adapters: "./published-adapters.mjs",
  make: "makePublished",
  isNode: true,
};

type Waiting = { resolve(value: unknown): void; reject(reason: unknown): void };

interface Connection {
  socket: Socket;
  url: string;
  pid: number;
  calls: Map<number, Waiting>;
}

/** Nodes in processes of their own, for the length of some tests. */
export class ProcessNodes {
  readonly #server: NetServer;
  readonly #port: Promise<number>;
  readonly #expected = new Map<number, (connection: Connection) => void>();
  readonly #primaries = new Map<string, Bun.Subprocess<"pipe", "inherit", "inherit">>();
  readonly #sockets = new Set<Socket>();
  readonly #children = new Set<Bun.Subprocess>();
  #bundle: Promise<string> | undefined;
  #nextCall = 0;

  constructor() {
    this.#server = createServer((socket) => this.#onConnection(socket));
    this.#port = new Promise((resolve) => {
      this.#server.listen(0, "127.0.0.1", () => {
        const address = this.#server.address();
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
  }

  #onConnection(socket: Socket): void {
    socket.setEncoding("utf8").setNoDelay(true);
    this.#sockets.add(socket);
    const calls: Connection["calls"] = new Map();
    const read = decoder<FromNode>((message) => {
      if ("hello" in message) {
        const { hello, url, pid } = message;
        this.#expected.get(hello)?.({ socket, url, pid, calls });
        return;
      }
      const waiting = calls.get(message.call);
      calls.delete(message.call);
      if ("error" in message) {
        const { message: text, ...rest } = message.error;
        waiting?.reject(Object.assign(new Error(text), rest));
      } else {
        waiting?.resolve(message.result);
      }
    });
    socket.on("data", (chunk) => read(String(chunk)));
    // The end of a node that was killed may be a reset.
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#sockets.delete(socket);
      for (const { reject } of calls.values()) {
        reject(new Error("the node has ended"));
      }
      calls.clear();
    });
  }

  /** Starts a node, and waits until it listens. */
  async start(kind: NodeKind, config: AdapterConfig, request: NodeRequest): Promise<TestNode> {
    const { id, index, fleet, serverOptions } = request;
    const { server, adapters, make } = kind;
    const controlPort = await this.#port;
    const settings: NodeSettings = {
      id,
      index,
      controlPort,
      server,
      adapters,
      make,
      config,
      serverOptions,
    };
    const connected = new Promise<Connection>((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`a node (${kind.name}) did not start within ${START_MS} ms`)),
        START_MS,
      );
      this.#expected.set(id, (connection) => {
        clearTimeout(late);
        resolve(connection);
      });
    });
    if (config.kind === "cluster") {
      this.#fork(fleet, settings);
    } else {
      await this.#spawn(kind, settings);
    }
    try {
      return this.#toNode(await connected);
    } finally {
      this.#expected.delete(id);
    }
  }

  async #spawn(kind: NodeKind, settings: NodeSettings): Promise<void> {
    const argv = kind.isNode
      ? ["node", join(await this.#bundled(), "node-process.mjs")]
      : [process.execPath, join(HERE, "node-process.ts")];
    const child = Bun.spawn(argv, {
      env: { ...process.env, [SETTINGS]: JSON.stringify(settings) },
      stdio: ["ignore", "inherit", "inherit"],
    });
    this.#children.add(child);
  }

  /** In a cluster the workers are children of a primary, of which each fleet has one. */
  #fork(fleet: string, settings: NodeSettings): void {
    let primary = this.#primaries.get(fleet);
    if (primary === undefined) {
      primary = Bun.spawn(
        [process.execPath, join(HERE, "cluster-primary.ts"), join(HERE, "node-process.ts")],
        { stdio: ["pipe", "inherit", "inherit"] },
      );
      this.#primaries.set(fleet, primary);
      this.#children.add(primary);
    }
    primary.stdin.write(`${JSON.stringify(settings)}\n`);
    void primary.stdin.flush();
  }

  /** The directory with what runs on Node.js. */
  #bundled(): Promise<string> {
    this.#bundle ??= (async () => {
      const directory = mkdtempSync(join(tmpdir(), "fleet-"));
      symlinkSync(join(ROOT, "node_modules"), join(directory, "node_modules"));
      const { success, logs } = await Bun.build({
        entrypoints: [join(HERE, "node-process.ts"), join(HERE, "published-adapters.ts")],
        outdir: directory,
        target: "node",
        format: "esm",
        packages: "external",
        naming: "[name].mjs",
      });
      if (!success) {
        throw new Error(logs.join("\n"));
      }
      return directory;
    })();
    return this.#bundle;
  }

  #toNode({ socket, url, pid, calls }: Connection): TestNode {
    const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    const call = (method: string, args: unknown[]): Promise<unknown> => {
      if (socket.destroyed) {
        return Promise.reject(new Error("the node has ended"));
      }
      const number = this.#nextCall++;
      return new Promise((resolve, reject) => {
        calls.set(number, { resolve, reject });
        socket.write(encode({ call: number, method, args }));
      });
    };
    let closed: Promise<unknown> | undefined;
    return {
      url,
      // What comes back is what the method gave: the codec keeps it.
      call: ((method: string, ...args: unknown[]) => call(method, args)) as TestNode["call"],
      async close() {
        closed ??= call("#close", []);
        await closed;
      },
      async kill() {
        process.kill(pid, "SIGKILL");
        await ended;
      },
      async stop() {
        if (!socket.destroyed) {
          socket.end();
          await ended;
        }
      },
    };
  }

  /** Ends all that is left. */
  async stop(): Promise<void> {
    for (const primary of this.#primaries.values()) {
      void primary.stdin.end();
    }
    this.#primaries.clear();
    this.#server.close();
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    await Promise.all(Array.from(this.#children, (child) => child.exited));
    if (this.#bundle !== undefined) {
      rmSync(await this.#bundle, { recursive: true });
    }
  }
}
