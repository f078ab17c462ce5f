// Limits on what one client may do. The names of tests in test/support/reliability-rows/limits.ts
// make a page.

import { expect, test } from "bun:test";
import type { DisconnectReason, LimitReason, Socket, SocketIOError } from "bun-socket.io";
import { Clients, once } from "../support/clients.ts";
import { connectError, overBothHosts, recordLimits } from "../support/limits.ts";
import { SlowLink } from "../support/slow-link.ts";
import { arrived, departed } from "../support/world.ts";
import { ADDRESS, ends, expected, openRaw, type CloseDetails } from "../support/limits-sessions.ts";

overBothHosts((world) => {
  test("more than limits.eventsPerSecond of a client end its connection", async () => {
    const io = world.start({ limits: { eventsPerSecond: 5 } });
    const heard = recordLimits(io);
    const other = await world.join();
    const pair = await world.join();
    let count = 0;
    pair.socket.on("x", () => {
      count++;
    });
    const end = ends(world, pair);
    const reasons: unknown[] = [];
    // The reasons of the reference, and those of limits.
    pair.socket.on("disconnect", (reason: DisconnectReason | LimitReason) => reasons.push(reason));
    for (let sent = 0; sent < 1000; sent++) {
      pair.client.emit("x");
    }
    expect(await end).toEqual(expected(world, "limit exceeded", "eventsPerSecond", 1008));
    expect(reasons).toEqual(["limit exceeded"]);
    expect(count).toBeGreaterThanOrEqual(5);
    expect(count).toBeLessThan(1000);
    expect(heard).toEqual([
      { limit: "eventsPerSecond", value: 5, address: ADDRESS, namespace: "/" },
    ]);
    await departed(other);
  });

  test("a client that joins its namespace again, or another, has limits.eventsPerSecond left of before", async () => {
    const io = world.start({ limits: { eventsPerSecond: 5 } });
    const heard = recordLimits(io);
    let count = 0;
    for (const name of ["/", "/a", "/b"]) {
      io.of(name).on("connection", (socket) => socket.on("x", () => count++));
    }
    const raw = await openRaw(world);
    await raw.connect();
    const events = (name: string) => Array<string>(4).fill(`42${name}["x"]`);
    for (let round = 0; round < 50; round++) {
      const packets = ["/", "/a", "/b"].flatMap((nsp) => {
        const name = nsp === "/" ? "" : `${nsp},`;
        return [`40${name}`, ...events(name), `41${name}`];
      });
      await raw.send(...(round === 0 ? packets.slice(1) : packets));
    }
    await raw.closed;
    expect(count).toBeGreaterThanOrEqual(5);
    expect(count).toBeLessThan(200);
    expect(heard).toEqual([
      expect.objectContaining({ limit: "eventsPerSecond", value: 5, address: ADDRESS }),
    ]);
  });

  test("events for a namespace that the server has disconnected count, too", async () => {
    const io = world.start({ limits: { eventsPerSecond: 5 } });
    io.of("/a").on("connection", (socket) => socket.disconnect());
    const raw = await openRaw(world);
    await raw.connect("40/a,");
    await raw.next((packet) => packet === "41/a,");
    for (let sent = 0; sent < 100; sent++) {
      await raw.send('42/a,["x"]');
    }
    await raw.closed;
    expect(io.engine.refusals.eventsPerSecond).toBe(1);
  });

  test("more than limits.connectsPerSecond end the connection, whatever becomes of them", async () => {
    const io = world.start({ limits: { connectsPerSecond: 5 } });
    const heard = recordLimits(io);
    const other = await world.join();
    let guesses = 0;
    io.of("/guarded").use((_socket, next) => {
      guesses++;
      next(new Error("wrong token"));
    });
    const raw = await openRaw(world);
    for (let sent = 0; sent < 100; sent++) {
      await raw.send(`40/guarded,{"token":"${sent}"}`, "40/nowhere,");
    }
    await raw.closed;
    expect(guesses).toBeGreaterThanOrEqual(3);
    expect(guesses).toBeLessThan(50);
    expect(heard).toEqual([
      expect.objectContaining({ limit: "connectsPerSecond", value: 5, address: ADDRESS }),
    ]);
    expect(io.engine.refusals.connectsPerSecond).toBe(1);
    await arrived(other);
  });

  test("a client that joins and leaves again and again goes beyond limits.connectsPerSecond", async () => {
    const io = world.start({ limits: { connectsPerSecond: 3 } });
    const pair = await world.join();
    io.of("/a");
    const end = ends(world, pair);
    const client = pair.client.io.socket("/a");
    const isIn = () =>
      Promise.race([once(client, "connect").then(() => true), end.then(() => false)]);
    while (await isIn()) {
      client.disconnect();
      client.connect();
    }
    expect(await end).toEqual(expected(world, "limit exceeded", "connectsPerSecond", 1008));
  });

  test("as many namespaces as limits.connectsPerSecond are joined at once", async () => {
    const io = world.start({ limits: { connectsPerSecond: 5 } });
    const { client } = await world.join();
    const names = ["/1", "/2", "/3", "/4"];
    for (const name of names) io.of(name);
    await Promise.all(names.map((name) => world.joinOver(client, name)));
    expect(io.engine.refusals.connectsPerSecond).toBe(0);
  });

  test("acknowledgements do not count as events", async () => {
    const io = world.start({ limits: { eventsPerSecond: 5 } });
    const { client, socket } = await world.join();
    client.on("question", (reply) => reply("answer"));
    const answers = Array.from({ length: 50 }, () => socket.emitWithAck("question"));
    expect(new Set(await Promise.all(answers))).toEqual(new Set(["answer"]));
    expect(io.engine.refusals.eventsPerSecond).toBe(0);
  });

  test("more than limits.attachments in a packet end the connection", async () => {
    const io = world.start();
    const heard = recordLimits(io);
    const pair = await world.join();
    const attachments = (count: number) => Array.from({ length: count }, () => Buffer.from("x"));
    const taken = once<unknown[]>(pair.socket, "x");
    pair.client.emit("x", ...attachments(10));
    expect((await taken).length).toBe(10);
    const error = once<[SocketIOError]>(pair.socket, "error");
    const gone = once(pair.socket, "disconnect");
    pair.client.emit("x", ...attachments(11));
    const [{ code, cause, message }] = await error;
    expect([code, message]).toEqual(["ERR_INVALID_PACKET", "too many attachments"]);
    expect(cause).toMatchObject({ code: "ERR_LIMIT_EXCEEDED", limit: "attachments" });
    expect((await gone)[0]).toBe("forced close"); // as in the reference
    expect(heard).toEqual([{ limit: "attachments", value: 10, address: ADDRESS }]);
  });

  test("limits.attachments allows for more, or for none", async () => {
    world.start({ limits: { attachments: 11 } });
    const { client, socket } = await world.join();
    const taken = once<unknown[]>(socket, "x");
    client.emit(
      "x",
      Array.from({ length: 11 }, () => Buffer.from("x")),
    );
    expect((await taken)[0]).toBeArrayOfSize(11);
    await world.end();

    const io = world.start({ limits: { attachments: 0 } });
    const pair = await world.join();
    const gone = once(pair.socket, "disconnect");
    pair.client.emit("x", Buffer.from("x"));
    await gone;
    expect(io.engine.refusals.attachments).toBe(1);
  });

  test("a namespace beyond limits.namespacesPerConnection is refused with connect_error", async () => {
    const io = world.start({ limits: { namespacesPerConnection: 2 } });
    const heard = recordLimits(io);
    io.of("/second");
    io.of("/third");
    const first = await world.join();
    const second = await world.joinOver(first.client, "/second");
    const third = first.client.io.socket("/third");
    const error = (await connectError(third)) as Error & { data?: unknown };
    expect([error.message, error.data]).toEqual([
      "Too many namespaces",
      { code: "ERR_LIMIT_EXCEEDED", limit: "namespacesPerConnection" },
    ]);
    expect(heard).toEqual([
      { limit: "namespacesPerConnection", value: 2, address: ADDRESS, namespace: "/third" },
    ]);
    await arrived(first, second);
    const left = once(second.socket, "disconnect");
    second.client.disconnect();
    await left;
    third.disconnect();
    await world.joinOver(first.client, "/third"); // there is room again
  });

  test("namespaces that a client waits for count, and those it was denied do not", async () => {
    const io = world.start({ limits: { namespacesPerConnection: 2 } });
    const waiting: (() => void)[] = [];
    io.of((name, _auth, next) => {
      if (name === "/denied") {
        next(null, false);
      } else {
        waiting.push(() => next(null, true));
      }
    });
    const { client } = await world.join();
    const denied = client.io.socket("/denied");
    expect((await connectError(denied)).message).toBe("Invalid namespace");
    const second = client.io.socket("/second");
    const third = client.io.socket("/third");
    expect((await connectError(third)).message).toBe("Too many namespaces");
    const connection = once(second, "connect");
    waiting[0]?.();
    await connection;
  });

  test("a client that is slow to take limits.queuedBytes is cut off, and misses nothing in the midst", async () => {
    const io = world.start({ limits: { queuedBytes: 200_000 }, connectionStateRecovery: {} });
    const heard = recordLimits(io);
    const other = await world.join();
    const link = await SlowLink.to(world.running.port);
    const clients = new Clients();
    try {
      const connection = once<[Socket]>(io, "connection");
      const client = clients.make(link.url, {
        transports: [...world.transports],
        reconnection: true,
        reconnectionDelay: 1,
      });
      const got: number[] = [];
      client.on("n", (n: number) => got.push(n));
      const [socket] = await connection;
      await arrived({ client, socket });
      const gone = once<[string, SocketIOError]>(socket, "disconnect");
      const lost = once<[string, CloseDetails]>(client, "disconnect");
      link.pause();
      let count = 0;
      const filler = "x".repeat(100_000);
      while (socket.connected) {
        socket.emit("n", count++, filler);
        await new Promise((resolve) => setImmediate(resolve));
      }
      const [reason, { code, limit }] = await gone;
      expect([reason, code, limit]).toEqual(["slow consumer", "ERR_LIMIT_EXCEEDED", "queuedBytes"]);
      const back = once<[Socket]>(io, "connection");
      link.resume();
      const [, details] = await lost;
      expect(world.isPolling ? 1013 : details.context?.code).toBe(1013);
      const [again] = await back;
      again.emit("n", count++, filler);
      await arrived({ client, socket: again });
      expect(got).toEqual(Array.from({ length: count }, (_, index) => index));
      expect([again.id, again.recovered]).toEqual([socket.id, true]);
      expect(heard).toEqual([{ limit: "queuedBytes", value: 200_000, address: ADDRESS }]);
      await arrived(other);
    } finally {
      clients.closeAll();
      link.close();
    }
  });

  test("a burst below limits.queuedBytes, and one that a client takes at once, cut nobody off", async () => {
    const io = world.start({ limits: { queuedBytes: 2_000_000 } });
    const { client, socket } = await world.join();
    let count = 0;
    client.on("n", () => {
      count++;
    });
    for (let round = 0; round < 3; round++) {
      for (let sent = 0; sent < 90; sent++) {
        socket.emit("n", "x".repeat(20_000));
      }
      await arrived({ client, socket });
    }
    expect(count).toBe(270);
    expect(io.engine.refusals.queuedBytes).toBe(0);
  });

  test("a client that joins no namespace within connectTimeout is told of", async () => {
    const io = world.start({ connectTimeout: 20 });
    const heard = recordLimits(io);
    const raw = await openRaw(world);
    await raw.closed;
    expect(heard).toEqual([{ limit: "connectTimeout", value: 20, address: ADDRESS }]);
  });

  test("without limits nobody is refused for what the reference takes", async () => {
    const io = world.start();
    const pairs = await world.joinMany(20);
    const [pair] = pairs as [(typeof pairs)[0]];
    let count = 0;
    pair.socket.on("x", () => {
      count++;
    });
    for (let sent = 0; sent < 2000; sent++) {
      pair.client.emit("x");
      pair.socket.emit("question", () => {});
    }
    for (let namespace = 0; namespace < 20; namespace++) {
      io.of(`/${namespace}`);
      await world.joinOver(pair.client, `/${namespace}`);
    }
    await departed(pair);
    await arrived(pair);
    expect(count).toBe(2000);
    expect(new Set(Object.values(io.engine.refusals))).toEqual(new Set([0]));
  });
});
