// What goes beyond the reference: emitWithAck() for everyone, ackTimeout, and acknowledgements that are
// owed no longer.

import { expect, test } from "bun:test";
import { Adapter, type BroadcastOptions, SocketIOError } from "bun-socket.io";
import { once } from "../support/clients.ts";
import { arrived, departed, type Pair, type World } from "../support/world.ts";

const SOON = 20;
/** Long enough for what is to come in time, also on a busy machine. */
const ENOUGH = 400;
const LONG = 5_000;

/** Tells of its own sockets what another server would tell. */
class DistantAdapter extends Adapter {
  override async fetchSockets(options: BroadcastOptions): ReturnType<Adapter["fetchSockets"]> {
    const sockets = await super.fetchSockets(options);
    return sockets.map(({ id, handshake, rooms, data }) => ({ id, handshake, rooms, data }));
  }
}

/** The code of the error that a promise rejects with, and the responses that did come. */
async function failure(promise: Promise<unknown>): Promise<unknown[]> {
  const error: unknown = await promise.then(
    () => null,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(SocketIOError);
  const { code, responses } = error as SocketIOError & { responses?: unknown };
  return responses === undefined ? [code] : [code, responses];
}

/** Clients that answer with their letter. */
async function letters(world: World, namespace = "/"): Promise<[Pair, Pair, Pair]> {
  const pairs = (await world.joinMany(3, namespace)) as [Pair, Pair, Pair];
  for (const [index, { client }] of pairs.entries()) {
    client.on("letter?", (...args) => args.at(-1)("abc"[index]));
  }
  return pairs;
}

export function additionSuite(world: World): void {
  test("collects the answers of everyone with io.emitWithAck() and namespace.emitWithAck()", async () => {
    const io = world.start();
    io.of("/a");
    expect(await io.emitWithAck("letter?")).toEqual([]);
    await letters(world);
    const [a] = await letters(world, "/a");
    expect((await io.emitWithAck("letter?", 1, Buffer.from("x"))).toSorted()).toEqual([
      "a",
      "b",
      "c",
    ]);
    a.client.disconnect();
    await once(a.socket, "disconnect");
    expect((await io.of("/a").emitWithAck("letter?")).toSorted()).toEqual(["b", "c"]);
  });

  test("tells the operator of those who are not let into a namespace", async () => {
    const io = world.start();
    io.of("/closed").use((_socket, next) =>
      next(Object.assign(new Error("not you"), { data: { code: 7 } })),
    );
    const told: unknown[] = [];
    io.engine.on("connect_refused", ({ session, ...refused }) => {
      told.push([session.readyState, refused]);
    });
    const { client } = await world.join();
    for (const name of ["/closed", "/none"]) await once(client.io.socket(name), "connect_error");
    expect(told).toEqual([
      [
        "open",
        { namespace: "/closed", reason: "middleware", message: "not you", data: { code: 7 } },
      ],
      [
        "open",
        {
          namespace: "/none",
          reason: "namespace",
          message: "Invalid namespace",
          data: undefined,
        },
      ],
    ]);
    expect(client.connected).toBe(true);
  });

  test("collects the answers of all children of a parent namespace", async () => {
    const io = world.start();
    const parent = io.of(/^\/dynamic-/);
    expect(await parent.emitWithAck("name?")).toEqual([]);
    for (const name of ["/dynamic-1", "/dynamic-1", "/dynamic-2"]) {
      const { client, socket } = await world.join(name);
      client.on("name?", (reply) => reply(name));
      await socket.join(`room of ${name}`);
    }
    const all = ["/dynamic-1", "/dynamic-1", "/dynamic-2"];
    expect((await parent.emitWithAck("name?")).toSorted()).toEqual(all);
    expect((await parent.timeout(LONG).emitWithAck("name?")).toSorted()).toEqual(all);
    const some = await parent.to("room of /dynamic-2").timeout(LONG).emitWithAck("name?");
    expect(some).toEqual(["/dynamic-2"]);
  });

  test("makes the clients of all children join, leave and go, through the parent", async () => {
    const io = world.start();
    const parent = io.of(/^\/dynamic-/);
    const pairs = [await world.join("/dynamic-1"), await world.join("/dynamic-2")];
    parent.socketsJoin(["r1", "r2"]);
    parent.in("r1").socketsLeave("r2");
    for (const { socket } of pairs) {
      expect(socket.rooms).toEqual(new Set([socket.id, "r1"]));
    }
    const gone = pairs.map(({ client }) => once(client, "disconnect"));
    parent.disconnectSockets();
    await Promise.all(gone);
    expect(pairs.map(({ socket }) => socket.connected)).toEqual([false, false]);
  });

  test("hands over the one answer of a remote socket with its emitWithAck()", async () => {
    const io = world.start({ adapter: DistantAdapter });
    const { client } = await world.join();
    client.on("double", (n, reply) => reply(2 * n, "more"));
    const [distant] = await io.fetchSockets();
    expect(await distant?.emitWithAck("double", 21)).toBe(42);
    expect(await distant?.timeout(LONG).emitWithAck("double", 1)).toBe(2);
  });

  test("gives acknowledgements up after ackTimeout, where nothing else is said", async () => {
    const io = world.start({ ackTimeout: SOON, adapter: DistantAdapter });
    const { socket } = await world.join();
    const [distant] = await io.fetchSockets();
    expect(await failure(socket.emitWithAck("unanswered"))).toEqual(["ERR_ACK_TIMEOUT"]);
    expect(await failure(io.emitWithAck("unanswered"))).toEqual(["ERR_ACK_TIMEOUT", []]);
    expect(await failure(io.to(socket.id).emitWithAck("x"))).toEqual(["ERR_ACK_TIMEOUT", []]);
    expect((await failure(distant?.emitWithAck("x") ?? Promise.resolve()))[0]).toBe(
      "ERR_ACK_TIMEOUT",
    );
    const outcomes = await Promise.all([
      new Promise<unknown[]>((resolve) => {
        socket.emit("unanswered", (...args: unknown[]) => resolve(args));
      }),
      new Promise<unknown[]>((resolve) => {
        io.emit("unanswered", (...args: unknown[]) => resolve(args));
      }),
    ]);
    expect(outcomes).toEqual([[expect.any(SocketIOError)], [expect.any(SocketIOError), []]]);
  });

  test("puts null before answers that come within ackTimeout, as after timeout()", async () => {
    const io = world.start({ ackTimeout: LONG });
    const { client, socket } = await world.join();
    client.on("hi", (reply) => reply("answer", "more"));
    const outcome = new Promise<unknown[]>((resolve) => {
      socket.emit("hi", (...args: unknown[]) => resolve(args));
    });
    expect(await outcome).toEqual([null, "answer", "more"]);
    expect(await socket.emitWithAck("hi")).toBe("answer");
    expect(await io.emitWithAck("hi")).toEqual(["answer"]);
  });

  test("lets timeout() win over ackTimeout, longer or shorter", async () => {
    const io = world.start({ ackTimeout: SOON });
    const { client, socket } = await world.join();
    const asked = once<[(answer: string) => void]>(client, "slow");
    const answer = socket.timeout(LONG).emitWithAck("slow");
    const answers = io.timeout(LONG).emitWithAck("slow too");
    const askedToo = once<[(answer: string) => void]>(client, "slow too");
    expect(await failure(socket.emitWithAck("unanswered"))).toEqual(["ERR_ACK_TIMEOUT"]);
    (await asked)[0]("late");
    (await askedToo)[0]("late too");
    expect([await answer, await answers]).toEqual(["late", ["late too"]]);
    await world.end();

    world.start({ ackTimeout: LONG });
    const patient = await world.join();
    expect(await failure(patient.socket.timeout(SOON).emitWithAck("x"))).toEqual([
      "ERR_ACK_TIMEOUT",
    ]);
  });

  test("owes nothing any more of a broadcast that was given up", async () => {
    const io = world.start();
    const pairs = await letters(world);
    pairs[1].client.off("letter?");
    const late = once<[(answer: string) => void]>(pairs[1].client, "letter?");
    const [code, responses] = await failure(io.timeout(ENOUGH).emitWithAck("letter?"));
    expect([code, (responses as string[]).toSorted()]).toEqual(["ERR_ACK_TIMEOUT", ["a", "c"]]);
    await arrived(...pairs);
    await departed(...pairs);
    expect(pairs.map(({ socket }) => socket.acks.size)).toEqual([0, 0, 0]);
    (await late)[0]("too late");
    await departed(...pairs);
    expect(pairs[1].socket.connected).toBeTrue();
  });

  test("owes nothing any more of any emit that was given up or answered", async () => {
    const io = world.start({ ackTimeout: SOON });
    io.of("/a");
    const pair = await world.join();
    const a = await world.joinOver(pair.client, "/a");
    pair.client.on("question", (reply) => reply("answer"));
    await pair.socket.timeout(LONG).emitWithAck("question");
    await io.timeout(LONG).emitWithAck("question");
    await failure(pair.socket.emitWithAck("unanswered"));
    await failure(io.emitWithAck("unanswered"));
    await failure(io.to(pair.socket.id).emitWithAck("unanswered"));
    await failure(pair.socket.timeout(1).emitWithAck("unanswered"));
    await failure(io.of("/a").emitWithAck("unanswered"));
    await arrived(pair, a);
    await departed(pair, a);
    expect([pair.socket.acks.size, a.socket.acks.size]).toEqual([0, 0]);
  });

  test("tells nobody of a timeout for a broadcast that threw, as it was never sent", async () => {
    const io = world.start();
    await world.join();
    const calls: unknown[] = [];
    const unsendable = { value: 1n };
    expect(() =>
      io.timeout(SOON).emit("x", unsendable, (...args: unknown[]) => calls.push(args)),
    ).toThrow();
    await failure(io.timeout(SOON).emitWithAck("unanswered"));
    expect(calls).toEqual([]);
  });

  test("leaves no child namespace of a client that left while a function was deciding", async () => {
    const io = world.start({ cleanupEmptyChildNamespaces: true });
    const asked = Promise.withResolvers<() => void>();
    io.of((_name, _auth, next) => asked.resolve(() => next(null, true)));
    const closed = new Promise<void>((resolve) => {
      io.engine.once("connection", (conn) => conn.once("close", () => resolve()));
    });
    const client = world.make("/a");
    const decide = await asked.promise;
    client.io.engine.close();
    await closed;
    decide();
    expect([...io._nsps.keys()]).toEqual(["/"]);
  });

  test("takes the answer of a function as its result, or the promise of it", async () => {
    const io = world.start();
    io.of((name) => name === "/yes");
    io.of(async (name) => name === "/later");
    for (const name of ["/yes", "/later"]) {
      expect((await world.join(name)).socket.nsp.name).toBe(name);
    }
    const [error] = await once<[Error]>(world.make("/no"), "connect_error");
    expect(error.message).toBe("Invalid namespace");
  });
}
