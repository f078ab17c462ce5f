// socket.signal: who is told of a socket's end, and how.

import { afterEach, describe, expect, test } from "bun:test";
import { DisconnectedError, type Socket, SocketIOError } from "bun-socket.io";
import { once } from "../support/clients.ts";
import { HOSTS, TRANSPORTS } from "../support/hosts.ts";
import { type Pair, World } from "../support/world.ts";

/** Waits for a signal; answers what it says. */
async function aborted(signal: AbortSignal): Promise<DisconnectedError> {
  if (!signal.aborted) {
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  }
  expect(signal.reason).toBeInstanceOf(DisconnectedError);
  expect(signal.reason).toBeInstanceOf(SocketIOError);
  expect(signal.reason.code).toBe("ERR_DISCONNECTED");
  return signal.reason;
}

const WAYS: readonly (readonly [string, string, (pair: Pair) => unknown])[] = [
  ["the server disconnects it", "server namespace disconnect", ({ socket }) => socket.disconnect()],
  ["the client disconnects", "client namespace disconnect", ({ client }) => client.disconnect()],
  ["the connection is cut", "transport close", ({ client }) => client.io.engine.close()],
  ["the server closes", "server shutting down", ({ socket }) => socket.nsp.server.close()],
];

const [host] = HOSTS;
if (host === undefined) throw new Error("there is no host");

describe.each(TRANSPORTS)("over $name", ({ transports }) => {
  const world = new World(host, transports);
  afterEach(() => world.end());

  test.each(WAYS)(
    "the signal of a socket fires with the reason when %s",
    async (_, reason, leave) => {
      world.start();
      const pair = await world.join();
      const { signal } = pair.socket;
      expect(signal.aborted).toBe(false);
      expect(pair.socket.signal).toBe(signal);
      const heard = once(pair.socket, "disconnect");
      const seen: unknown[] = [];
      pair.socket.on("disconnect", () => seen.push(signal.aborted));
      leave(pair);
      expect((await aborted(signal)).reason).toBe(reason as "transport close");
      expect((await heard)[0]).toBe(reason);
      expect(seen).toEqual([true]);
    },
  );

  test.each(WAYS)("first read afterwards, it says why: when %s", async (_, reason, leave) => {
    world.start();
    const pair = await world.join();
    const heard = once(pair.socket, "disconnect");
    leave(pair);
    await heard;
    expect(pair.socket.signal.aborted).toBe(true);
    expect(pair.socket.signal.reason.reason).toBe(reason);
  });
});

describe("over WebSocket", () => {
  const world = new World(host, ["websocket"]);
  afterEach(() => world.end());

  test("it is fired though somebody has removed all listeners", async () => {
    world.start();
    const { client, socket } = await world.join();
    const { signal } = socket;
    socket.removeAllListeners();
    client.disconnect();
    expect((await aborted(signal)).reason).toBe("client namespace disconnect");
  });

  test("it is a socket's own: those of other namespaces and of other clients go on", async () => {
    const io = world.start();
    io.of("/other");
    const [one, two] = await world.joinMany(2);
    if (one === undefined || two === undefined) throw new Error("nobody came");
    const other = await world.joinOver(one.client, "/other");
    const signals = [one, two, other].map(({ socket }) => socket.signal);
    one.socket.disconnect();
    expect(signals.map((signal) => signal.aborted)).toEqual([true, false, false]);
  });

  test("it fires as refused for a socket that a middleware does not let in", async () => {
    const io = world.start();
    const signals: AbortSignal[] = [];
    io.use(({ signal }, next) => {
      signals.push(signal);
      next(new Error("no"));
    });
    await once(world.make(), "connect_error");
    expect(signals.map((signal) => signal.reason.reason)).toEqual(["refused"]);
  });

  test("it ends the work of a middleware whose client goes away meanwhile", async () => {
    const io = world.start();
    let signal: AbortSignal | undefined;
    const asked = new Promise<void>((resolve) => {
      io.use((socket: Socket) => {
        signal = socket.signal;
        resolve();
      });
    });
    const client = world.make();
    await asked;
    expect(signal?.aborted).toBe(false);
    client.disconnect();
    expect((await aborted(signal as AbortSignal)).reason).toBe("refused");
  });

  test("it ends a request that is made for the client", async () => {
    const slow = Bun.serve({ port: 0, fetch: () => new Promise<Response>(() => {}) });
    try {
      const io = world.start();
      const failed = new Promise<DisconnectedError>((resolve) => {
        io.on("connection", (socket) => {
          socket.on("search", () => {
            fetch(slow.url, { signal: socket.signal }).catch(resolve);
            socket.emit("searching");
          });
        });
      });
      const { client } = await world.join();
      const searching = once(client, "searching");
      client.emit("search");
      await searching;
      client.disconnect();
      expect((await failed).reason).toBe("client namespace disconnect");
    } finally {
      await slow.stop(true);
    }
  });
});
