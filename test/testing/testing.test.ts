// bun-socket.io/testing: that what it says of a server is so.

import { describe, expect, test } from "bun:test";
import type { Server, Socket } from "bun-socket.io";
import { createTestServer } from "bun-socket.io/testing";
import { TRANSPORTS } from "../support/hosts.ts";

/** An application: it greets by name, adds, echoes, and tells of disconnections. */
function setup(io: Server): void {
  io.use((socket, next) => {
    const { name } = socket.handshake.auth;
    if (name === undefined) {
      next(Object.assign(new Error("who are you?"), { data: { code: "NO_NAME" } }));
    } else {
      socket.data.name = name;
      next();
    }
  });
  io.of("/open").on("connection", (socket) => socket.emit("open"));
  io.on("connection", (socket) => {
    const { name } = socket.data;
    socket.emit("hello", name);
    socket.on("add", (a, b, reply) => reply(a + b));
    socket.on("echo", (...args) => socket.emit("echo", ...args));
    socket.on("later", (ms) => setTimeout(() => socket.emit("late"), ms));
    socket.on("ask me", async () => socket.emit("answer", await socket.emitWithAck("question", 6)));
    socket.on("disconnect", (reason) => io.emit("left", name, reason));
  });
}

/** The code and the message of the error that a promise rejects with. */
async function failure(promise: Promise<unknown>): Promise<{ code: unknown; message: string }> {
  const error: unknown = await promise.then(
    () => new Error("nothing failed"),
    (reason) => reason,
  );
  const { code, message } = error as Error & { code?: unknown };
  return { code, message };
}

const ada = { auth: { name: "Ada" } };

/** Counts the pings that the server sends on a session, and the answers to them. */
function countBeats({ conn }: Socket): { pings: number; pongs: number } {
  const beats = { pings: 0, pongs: 0 };
  conn.on("packetCreate", ({ type }) => {
    if (type === "ping") beats.pings++;
  });
  conn.on("heartbeat", () => beats.pongs++);
  return beats;
}

describe.each(TRANSPORTS)("over $name", ({ transports }) => {
  test("a client passes the middlewares, and records what it gets", async () => {
    await using server = await createTestServer(setup);
    const client = await server.connect({ ...ada, transports: [...transports] });
    expect(await client.next("hello")).toEqual(["Ada"]);
    expect(await client.ask("add", 1, 2)).toBe(3);
    client.emit("echo", 1, Buffer.from("x")).emit("echo", 2);
    expect(await client.next("echo")).toEqual([1, Buffer.from("x")]);
    expect(await client.next("echo")).toEqual([2]);
    expect(client.received.map(([name]) => name)).toEqual(["hello", "echo", "echo"]);
    expect(server.socketOf(client).data.name).toBe("Ada");
    client.clear();
    expect(client.received).toEqual([]);
  });

  test("the server's clock brings its pings at once, and clients answer them", async () => {
    await using server = await createTestServer(setup);
    const client = await server.connect({ ...ada, transports: [...transports] });
    const beats = countBeats(server.socketOf(client));
    await server.advance(10_000);
    expect(beats).toEqual({ pings: 0, pongs: 0 });
    await server.advance(15_000);
    expect(beats).toEqual({ pings: 1, pongs: 1 });
    await server.advance(100_000); // more than it takes to give up a client that does not answer
    expect(beats).toEqual({ pings: 5, pongs: 5 });
    expect(client.connected).toBe(true);
    client.mute();
    await server.advance(25_000);
    expect(client.connected).toBe(true);
    await server.advance(20_000);
    expect(await client.disconnected()).toStartWith("transport ");
    expect(beats).toEqual({ pings: 6, pongs: 5 });
  });

  test("a connection that is cut is one, and the client may come back", async () => {
    await using server = await createTestServer(setup);
    const client = await server.connect({ ...ada, transports: [...transports] });
    const bob = await server.connect({ auth: { name: "Bob" } });
    client.drop();
    await client.disconnected();
    expect(await bob.next("left")).toEqual(["Ada", "transport close"]);
    const before = client.received.length;
    expect(await client.connect()).toBe(false);
    expect(await client.next("hello")).toEqual(["Ada"]);
    while (client.received.length === before) await client.next("hello");
    bob.disconnect();
    expect(await client.next("left")).toEqual(["Bob", "client namespace disconnect"]);
  });
});

describe("a client", () => {
  test("that is refused says why", async () => {
    await using server = await createTestServer(setup);
    const error = await server.connect().catch((reason) => reason);
    expect([error.message, error.data]).toEqual(["who are you?", { code: "NO_NAME" }]);
    const client = server.client({ auth: {} });
    expect((await failure(client.connect())).message).toBe("who are you?");
    expect(client.connected).toBe(false);
    client.socket.auth = { name: "Ada" };
    await client.connect();
    expect(await client.next("hello")).toEqual(["Ada"]);
  });

  test("may be of another namespace", async () => {
    await using server = await createTestServer(setup);
    const client = await server.connect({ namespace: "open" });
    expect(await client.next("open")).toEqual([]);
    expect(server.socketOf(client).nsp.name).toBe("/open");
    expect((await failure(server.connect({ namespace: "/none" }))).message).toBe(
      "Invalid namespace",
    );
  });

  test("waits for an event no longer than it is told to, and says what came instead", async () => {
    await using server = await createTestServer(setup, { timeoutMs: 300 });
    const client = await server.connect(ada);
    await client.settle();
    const { code, message } = await failure(client.next("bye"));
    expect(code).toBe("ERR_TIMEOUT");
    expect(message).toBe('no event "bye" within 300 ms; these wait: "hello"');
    await client.next("hello");
    expect((await failure(client.next("bye", { timeoutMs: 1 }))).message).toBe(
      'no event "bye" within 1 ms; nothing else came',
    );
    expect((await failure(client.ask("nobody answers"))).code).toBe("ERR_TIMEOUT");
    expect((await failure(client.disconnected({ timeoutMs: 1 }))).code).toBe("ERR_TIMEOUT");
    client.emit("echo", "still");
    expect(await client.next("echo", { timeoutMs: 2_000 })).toEqual(["still"]);
  });

  test("expects no event that was sent before, or comes in a while", async () => {
    await using server = await createTestServer(setup);
    const client = await server.connect(ada);
    await client.next("hello");
    await client.expectNone("hello");
    server.io.emit("secret", { a: 1 });
    const { code, message } = await failure(client.expectNone("secret"));
    expect([code, message]).toEqual(["ERR_UNEXPECTED", 'an event "secret" came: [{"a":1}]']);
    await client.ask("add", 1, 1);
    client.emit("later", 1);
    expect((await failure(client.expectNone("late", { withinMs: 200 }))).code).toBe(
      "ERR_UNEXPECTED",
    );
    client.disconnect();
    await client.expectNone("other");
  });

  test("answers the server's questions", async () => {
    await using server = await createTestServer(setup);
    const client = await server.connect(ada);
    client.answer("question", (n) => n * 7).emit("ask me");
    expect(await client.next("answer")).toEqual([42]);
    client.socket.off("question");
    client.clear();
    client.emit("ask me");
    const [n, reply] = await client.next("question");
    reply(n + 1);
    expect(await client.next("answer")).toEqual([7]);
  });

  test("that is muted is given up by the heartbeat, whose times are the test's", async () => {
    const heartbeat = { intervalMs: 20, timeoutMs: 20 };
    await using server = await createTestServer(setup, { heartbeat });
    const quiet = await server.connect(ada);
    const bob = await server.connect({ auth: { name: "Bob" } });
    quiet.mute();
    expect(await bob.next("left")).toEqual(["Ada", "ping timeout"]);
    await quiet.disconnected();
    expect(bob.connected).toBe(true);
  });

  test("that misses heartbeats is given up by the server's own times, which nobody waits for", async () => {
    await using server = await createTestServer(setup);
    expect(server.io.engine.opts).toMatchObject({ pingInterval: 25_000, pingTimeout: 20_000 });
    const [quiet, bob] = [
      await server.connect(ada),
      await server.connect({ auth: { name: "Bob" } }),
    ];
    const { conn } = server.socketOf(quiet);
    const start = performance.now();
    await quiet.missHeartbeats();
    expect(conn.readyState).toBe("closed");
    expect(await bob.next("left")).toEqual(["Ada", "ping timeout"]);
    await quiet.disconnected();
    expect(bob.connected).toBe(true);
    expect(performance.now() - start).toBeLessThan(20_000);
    expect(await quiet.connect()).toBe(false);
    expect(await quiet.ask("add", 1, 2)).toBe(3); // the new connection is not muted
    quiet.clear();
    await quiet.missHeartbeats(); // and may be
    expect(await bob.next("left")).toEqual(["Ada", "ping timeout"]);
    await quiet.disconnected();
    await expect(quiet.missHeartbeats()).rejects.toThrow("not connected");
  });

  test("takes up its session again where the server lets it", async () => {
    await using server = await createTestServer(setup, { connectionStateRecovery: {} });
    const client = await server.connect(ada);
    await client.next("hello");
    const { id } = client;
    client.drop();
    await client.disconnected();
    server.io.emit("missed", 1);
    expect(await client.connect()).toBe(true);
    expect(client.id).toBe(id ?? "");
    expect(await client.next("missed")).toEqual([1]);
  });

  test("gets the arguments of events without the offset that recovery adds, and all others", async () => {
    await using server = await createTestServer(setup, { connectionStateRecovery: {} });
    const client = await server.connect(ada);
    expect(await client.next("hello")).toEqual(["Ada"]);
    server.io.emit("empty");
    server.io.volatile.emit("volatile", "a text");
    client.answer("question", (text) => text);
    expect(await server.socketOf(client).emitWithAck("question", "of you")).toBe("of you");
    await client.settle();
    expect(client.received.map((event) => event.slice(0, 2))).toEqual([
      ["hello", "Ada"],
      ["empty"],
      ["volatile", "a text"],
      ["question", "of you"],
    ]);
  });
});

describe("the clock of a server", () => {
  test("is that of its connectTimeout, too", async () => {
    await using server = await createTestServer(setup, { connectTimeout: 20_000 });
    const url = `${server.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`;
    const socket = new WebSocket(url); // which joins no namespace
    await new Promise((resolve) => socket.addEventListener("message", resolve));
    const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
    await server.advance(10_000);
    expect(socket.readyState).toBe(WebSocket.OPEN);
    await server.advance(10_000);
    await closed;
  });

  test("does not wait for ever for a client that the test does not know of", async () => {
    await using server = await createTestServer(setup, { timeoutMs: 1_000 });
    const url = `${server.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`;
    const socket = new WebSocket(url);
    await new Promise((resolve) => socket.addEventListener("message", resolve));
    socket.send('40{"name":"Eve"}'); // and answers no ping
    const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
    const bob = await server.connect({ auth: { name: "Bob" } });
    await server.advance(45_000);
    await closed;
    expect(await bob.next("left")).toEqual(["Eve", "ping timeout"]);
    expect(bob.connected).toBe(true);
  });

  test("is that server's alone, and does not go backwards", async () => {
    await using one = await createTestServer(setup);
    await using other = await createTestServer(setup);
    const client = await other.connect(ada);
    const beats = countBeats(other.socketOf(client));
    await one.advance(50_000);
    expect(beats).toEqual({ pings: 0, pongs: 0 });
    for (const time of [-1, Number.NaN, Number.POSITIVE_INFINITY, "1" as never]) {
      expect(await failure(one.advance(time))).toMatchObject({ code: "ERR_INVALID_ARGUMENT" });
    }
  });
});

describe("createTestServer()", () => {
  test("gives each server a port of its own, and frees it", async () => {
    const servers = await Promise.all([createTestServer(setup), createTestServer(setup)]);
    expect(new Set(servers.map(({ url }) => url)).size).toBe(2);
    await Promise.all(servers.map((server) => server.connect(ada)));
    for (const server of servers) await server.close();
    for (const { url } of servers) {
      expect((await failure(fetch(url))).code).toBe("ECONNREFUSED");
    }
  });

  test("waits for a setup that takes its time, and takes the options of a server", async () => {
    const later = async (io: Server): Promise<void> => {
      await Promise.resolve();
      setup(io);
    };
    await using server = await createTestServer(later, { path: "/elsewhere" });
    const client = await server.connect({ ...ada, path: "/elsewhere" });
    expect(await client.next("hello")).toEqual(["Ada"]);
    expect((await failure(createTestServer(setup, { pingInterval: -1 }))).code).toBe(
      "ERR_INVALID_OPTION",
    );
  });
});
