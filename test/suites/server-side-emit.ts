// Events from one server to the others, by an adapter that carries them.

import { afterEach, expect, spyOn, test } from "bun:test";
import { Adapter, type AdapterNamespace, type Server, type ServerOptions } from "bun-socket.io";
import type { Running } from "../support/hosts.ts";
import { arrived, recordEvents, type World } from "../support/world.ts";

type Callback = (error: Error | null, responses: unknown[]) => void;

/** Servers in one process that hand their events to each other. */
class Cluster {
  readonly servers: Server[] = [];
  /** What the adapters were asked to carry, without a function at the end. */
  readonly packets: unknown[][] = [];
  /** Whether the servers answer; without, the sender gets an error. */
  answers = true;

  /** The options of a server that is to belong to it. */
  options(): ServerOptions {
    const carry = (packet: unknown[], from: AdapterNamespace): void => this.#carry(packet, from);
    return {
      adapter: class extends Adapter {
        override serverSideEmit(packet: unknown[]): void {
          carry(packet, this.nsp);
        }
      },
    };
  }

  #carry(packet: unknown[], from: AdapterNamespace): void {
    const last = packet.at(-1);
    const callback = typeof last === "function" ? (last as Callback) : null;
    const [event, ...args] = (callback === null ? packet : packet.slice(0, -1)) as [string];
    this.packets.push([event, ...args]);
    const targets = this.servers
      .map((server) => server.of(from.name))
      .filter((nsp) => nsp !== from);
    const responses: unknown[] = [];
    for (const target of targets) {
      if (callback === null) {
        target._onServerSideEmit([event, ...args]);
        continue;
      }
      target._onServerSideEmit([
        event,
        ...args,
        (response: unknown) => {
          responses.push(response);
          if (this.answers && responses.length === targets.length) {
            callback(null, responses);
          }
        },
      ]);
    }
    if (callback !== null && !this.answers) {
      callback(new Error("timeout reached: missing responses"), responses);
    }
  }
}

export function serverSideEmitSuite(world: World): void {
  const others: Running[] = [];
  afterEach(async () => {
    await Promise.all(others.splice(0).map((running) => running.close()));
  });

  /** Servers that know each other; clients join the first. */
  function startCluster(size = 3): { cluster: Cluster; servers: [Server, Server, Server] } {
    const cluster = new Cluster();
    cluster.servers.push(world.start(cluster.options()));
    while (cluster.servers.length < size) {
      const running = world.host.start(cluster.options());
      others.push(running);
      cluster.servers.push(running.io);
    }
    return { cluster, servers: cluster.servers as [Server, Server, Server] };
  }

  /** Lists the events that the servers get. */
  function record(servers: readonly Server[], event: string): unknown[][] {
    const calls: unknown[][] = [];
    for (const [index, server] of servers.entries()) {
      server.on(event as "x", (...args: unknown[]) => calls.push([index, ...args]));
    }
    return calls;
  }

  test("hands an event to the listeners of the other servers, not to its own", async () => {
    const { cluster, servers } = startCluster();
    const pair = await world.join();
    const events = recordEvents(pair.client);
    const calls = record(servers, "hello");
    expect(servers[0].serverSideEmit("hello", 1, { two: [2] })).toBeTrue();
    expect(servers[1].serverSideEmit("hello")).toBeTrue();
    expect(calls).toEqual([[1, 1, { two: [2] }], [2, 1, { two: [2] }], [0], [2]]);
    expect(cluster.packets).toEqual([["hello", 1, { two: [2] }], ["hello"]]);
    await arrived(pair);
    expect(events).toEqual([]);
  });

  test("keeps the namespaces apart", () => {
    const { servers } = startCluster();
    const calls: unknown[] = [];
    for (const server of servers) {
      server.on("hello", () => calls.push("/"));
      server.of("/a").on("hello", (value) => calls.push(["/a", value]));
    }
    expect(servers[0].of("/a").serverSideEmit("hello", 1)).toBeTrue();
    expect(calls).toEqual([
      ["/a", 1],
      ["/a", 1],
    ]);
  });

  test("collects one response of each other server, with a callback or a promise", async () => {
    const { servers } = startCluster();
    for (const [index, server] of servers.entries()) {
      server.on("double", (n, reply) => reply([index, 2 * n]));
      server.of("/a").on("name", (reply) => reply(`a${index}`));
    }
    const answers = await new Promise<unknown[]>((resolve) => {
      servers[0].serverSideEmit("double", 21, (...args: unknown[]) => resolve(args));
    });
    expect(answers).toEqual([
      null,
      [
        [1, 42],
        [2, 42],
      ],
    ]);
    expect(await servers[1].serverSideEmitWithAck("double", 1)).toEqual([
      [0, 2],
      [2, 2],
    ]);
    expect(await servers[2].of("/a").serverSideEmitWithAck("name")).toEqual(["a0", "a1"]);
  });

  test("rejects with the error of the adapter, and the responses that did come", async () => {
    const { cluster, servers } = startCluster();
    cluster.answers = false;
    servers[1].on("question", (reply) => reply("answer"));
    const outcome = await servers[0].serverSideEmitWithAck("question").catch((error) => error);
    expect(outcome).toBeInstanceOf(Error);
    expect(outcome.message).toBe("timeout reached: missing responses");
    expect(outcome.responses).toEqual(["answer"]);
    const args = await new Promise<unknown[]>((resolve) => {
      servers[0].serverSideEmit("question", (...given: unknown[]) => resolve(given));
    });
    expect(args).toEqual([expect.any(Error), ["answer"]]);
  });

  test("refuses the names that a server itself emits", async () => {
    const { cluster, servers } = startCluster(2);
    for (const name of ["connect", "connection", "new_namespace"]) {
      const message = `"${name}" is a reserved event name`;
      expect(() => servers[0].serverSideEmit(name)).toThrow(message);
      expect(() => servers[0].of("/a").serverSideEmit(name, 1)).toThrow(message);
      await expect(servers[0].serverSideEmitWithAck(name)).rejects.toThrow(message);
    }
    expect(cluster.packets).toEqual([]);
    const calls = record(servers, "disconnect"); // means something to sockets alone
    servers[0].serverSideEmit("disconnect", 1);
    expect(calls).toEqual([[1, 1]]);
  });

  test("hands on what comes from another server, as an adapter tells it", () => {
    const { servers } = startCluster(1);
    const [io] = servers;
    const calls: unknown[][] = [];
    io.on("a", (...args) => calls.push(["a", ...args]));
    io.once("b", (...args) => calls.push(["b", ...args]));
    io.of("/a").on("a", (...args) => calls.push(["/a", ...args]));
    io.of("/")._onServerSideEmit(["a", 1, "two"]);
    io.of("/")._onServerSideEmit(["b"]);
    io.of("/")._onServerSideEmit(["b"]);
    io.of("/")._onServerSideEmit(["unheard", 1]);
    io.of("/a")._onServerSideEmit(["a", null]);
    expect(calls).toEqual([["a", 1, "two"], ["b"], ["/a", null]]);
  });

  test("says so once where the adapter carries nothing to other servers", () => {
    const io = world.start();
    const calls: unknown[] = [];
    io.on("hello", () => calls.push("hello"));
    const warned = spyOn(console, "warn").mockImplementation(() => {});
    try {
      expect(io.serverSideEmit("hello", 1)).toBeTrue();
      expect(warned.mock.calls).toEqual([
        ["this adapter does not support the serverSideEmit() functionality"],
      ]);
      expect(calls).toEqual([]);
    } finally {
      warned.mockRestore();
    }
  });

  if (world.isReference) {
    return; // there, nobody answers ever
  }

  test("answers at once where there is no other server", async () => {
    const io = world.start();
    const warned = spyOn(console, "warn").mockImplementation(() => {});
    try {
      expect(await io.serverSideEmitWithAck("question")).toEqual([]);
      const args = await new Promise<unknown[]>((resolve) => {
        io.of("/a").serverSideEmit("question", 1, (...given: unknown[]) => resolve(given));
      });
      expect(args).toEqual([null, []]);
    } finally {
      warned.mockRestore();
    }
  });
}
