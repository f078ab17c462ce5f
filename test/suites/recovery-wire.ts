// What clients say and are told when they come back, and those that make it up.

import { expect, spyOn, test } from "bun:test";
import { Adapter, type Server, type ServerOptions, type Socket } from "bun-socket.io";
import { once } from "../support/clients.ts";
import { RawClient } from "../support/raw-client.ts";
import { arrived, type World } from "../support/world.ts";
import { comeBack, drop, joinAndHear } from "./recovery.ts";

interface Visitor {
  raw: RawClient;
  socket: Socket;
  sid: string;
  pid: unknown;
}

/** What a client is told: `{ sid, pid }`. */
function parseConnect(packet: string): { sid: string; pid?: unknown } {
  const json = packet.slice(packet.indexOf("{"));
  return JSON.parse(json);
}

/** The arguments of an event, as text of the wire. */
function parseEvent(packet: string): unknown[] {
  return JSON.parse(packet.slice(packet.indexOf("[")));
}

export function recoveryWireSuite(world: World): void {
  const transport = world.isPolling ? "polling" : "websocket";

  function start(options: ServerOptions = {}): Server {
    return world.start({ connectionStateRecovery: {}, ...options });
  }

  /** A client that says of itself what it likes. */
  async function visit(io: Server, auth?: object): Promise<Visitor> {
    const connection = once<[Socket]>(io, "connection");
    const raw = await RawClient.open(world.running.url, transport);
    await raw.send(`40${auth === undefined ? "" : JSON.stringify(auth)}`);
    const [socket] = await connection;
    const packet = await raw.next((each) => each.startsWith("40"));
    const { sid, pid } = parseConnect(packet);
    return { raw, socket, sid, pid };
  }

  /** What an event brought, and its offset. */
  async function hear({ raw, socket }: Visitor, event: string): Promise<unknown> {
    socket.emit(event);
    return parseEvent(await raw.next((each) => each.startsWith(`42["${event}"`))).at(-1);
  }

  /** A client that was there, has got an event, and whose session has ended. */
  async function leave(io: Server): Promise<Visitor & { offset: unknown }> {
    const visitor = await visit(io);
    const offset = await hear(visitor, "first");
    const gone = once(visitor.socket, "disconnect");
    visitor.socket.conn.close();
    await gone;
    visitor.raw.close();
    return { ...visitor, offset };
  }

  test("tells a client its private id beside its id, another to each, in each namespace", async () => {
    const io = start();
    io.of("/a");
    const { raw, sid, pid } = await visit(io);
    await raw.connect("40/a,");
    const inA = parseConnect(await raw.next((each) => each.startsWith("40/a,")));
    const other = await visit(io);
    expect(pid).toBeString();
    expect(new Set([sid, pid, inA.sid, inA.pid, other.sid, other.pid]).size).toBe(6);
    raw.close();
    other.raw.close();
  });

  test("tells no private id where the option is not set", async () => {
    const io = world.start();
    const { raw, pid } = await visit(io);
    expect(pid).toBeUndefined();
    await hear({ raw, socket: [...io.of("/").sockets.values()][0] as Socket, sid: "", pid }, "x");
    expect(raw.packets.at(-1)).toBe('42["x"]');
    raw.close();
  });

  test("sends a recovered client what it missed, and the same ids again", async () => {
    const io = start();
    const { sid, pid, offset } = await leave(io);
    io.emit("missed", 1);
    const { raw, socket, ...ids } = await visit(io, { pid, offset });
    expect([ids, socket.recovered]).toEqual([{ sid, pid }, true]);
    const missed = parseEvent(await raw.next((each) => each.startsWith('42["missed"')));
    expect(missed).toEqual(["missed", 1, expect.any(String)]);
    expect(missed.at(-1)).not.toBe(offset);
    raw.close();
  });

  test("recovers a client that answers no ping", async () => {
    const io = start({ pingInterval: 30, pingTimeout: 30 });
    const visitor = await visit(io);
    const offset = await hear(visitor, "first");
    expect((await once(visitor.socket, "disconnect"))[0]).toBe("ping timeout");
    await visitor.raw.closed;
    const again = await visit(io, { pid: visitor.pid, offset });
    expect([again.sid, again.socket.recovered]).toEqual([visitor.sid, true]);
    again.raw.close();
  });

  test("sends a client again what it says it has not got", async () => {
    const io = start();
    const visitor = await visit(io);
    const offset = await hear(visitor, "first");
    await hear(visitor, "second");
    await hear(visitor, "third");
    const gone = once(visitor.socket, "disconnect");
    visitor.socket.conn.close();
    await gone;
    visitor.raw.close();
    const { raw, sid } = await visit(io, { pid: visitor.pid, offset });
    expect(sid).toBe(visitor.sid);
    await raw.next((each) => each.startsWith('42["third"'));
    const events = raw.packets.filter((each) => `${each}`.startsWith("42"));
    expect(events.map((each) => parseEvent(`${each}`)[0])).toEqual(["second", "third"]);
    raw.close();
  });

  test.each([
    ["a number for a private id", () => ({ pid: 42 })],
    ["a list for a private id", () => ({ pid: ["x"] })],
    ["an object for a private id", () => ({ pid: { toString: "x" } })],
    ["null for both", () => ({ pid: null, offset: null })],
    ["a private id that nobody has", () => ({ pid: "unknown" })],
    ["a private id that means something to JavaScript", () => ({ pid: "__proto__" })],
    ["an empty private id", () => ({ pid: "" })],
    ["a very long private id", () => ({ pid: "x".repeat(50_000) })],
    ["its id for a private id", (sid: string) => ({ pid: sid })],
    ["a number for an offset", () => ({ offset: 42 })],
    ["a list for an offset", () => ({ offset: ["x"] })],
    ["an offset that was never sent", () => ({ offset: "unknown" })],
    ["an empty offset", () => ({ offset: "" })],
    ["no private id", () => ({ pid: undefined })],
  ])("connects a client anew that gives %s", async (_, give) => {
    const io = start();
    const { sid, pid, offset } = await leave(io);
    io.emit("missed");
    const visitor = await visit(io, { pid, offset, ...give(sid) });
    expect(visitor.socket.recovered).toBeFalse();
    expect(visitor.sid).not.toBe(sid);
    expect(visitor.pid).toBeString();
    expect(visitor.pid).not.toBe(pid);
    expect(visitor.socket.rooms).toEqual(new Set([visitor.sid]));
    await hear(visitor, "new");
    const events = visitor.raw.packets.filter((each) => `${each}`.startsWith("42"));
    expect(events).toHaveLength(1);
    visitor.raw.close();
  });

  test("does not recover a client in another namespace than its own", async () => {
    const io = start();
    io.of("/a");
    const { sid, pid, offset } = await leave(io);
    const raw = await RawClient.open(world.running.url, transport);
    await raw.send(`40/a,${JSON.stringify({ pid, offset })}`);
    const told = parseConnect(await raw.next((each) => each.startsWith("40/a,")));
    expect([told.sid === sid, told.pid === pid]).toEqual([false, false]);
    expect(io.of("/a").sockets.get(told.sid)?.recovered).toBeFalse();
    raw.close();
  });

  test("does not recover a client that is still there", async () => {
    const io = start();
    const visitor = await visit(io);
    const offset = await hear(visitor, "first");
    const thief = await visit(io, { pid: visitor.pid, offset });
    expect([thief.socket.recovered, thief.sid === visitor.sid]).toEqual([false, false]);
    expect(io.of("/").sockets.size).toBe(2);
    expect(io.of("/").sockets.get(visitor.sid)).toBe(visitor.socket);
    visitor.raw.close();
    thief.raw.close();
  });

  test("asks the adapter: what it keeps of a session, and finds again", async () => {
    const asked: unknown[] = [];
    class KeepingAdapter extends Adapter {
      override persistSession(session: Parameters<Adapter["persistSession"]>[0]): void {
        asked.push(structuredClone({ ...session }));
      }

      override async restoreSession(
        pid: string,
        offset: string,
      ): Promise<Awaited<ReturnType<Adapter["restoreSession"]>>> {
        asked.push([pid, offset]);
        await Promise.resolve();
        if (pid !== "known") {
          return null;
        }
        const missedPackets = [
          ["missed", 1, "offset-1"],
          ["missed", 2, "offset-2"],
        ];
        return {
          sid: "the id",
          pid,
          rooms: ["the id", "r"],
          data: { name: "alice" },
          missedPackets,
        };
      }
    }
    const io = start({ adapter: KeepingAdapter });
    const { raw, socket, ...ids } = await visit(io, { pid: "known", offset: "offset-0" });
    expect([ids, socket.recovered, socket.data]).toEqual([
      { sid: "the id", pid: "known" },
      true,
      { name: "alice" },
    ]);
    expect(socket.rooms).toEqual(new Set(["the id", "r"]));
    await raw.next((each) => each.startsWith('42["missed",2'));
    const gone = once(socket, "disconnect");
    socket.conn.close();
    await gone;
    raw.close();
    const other = await visit(io, { pid: "unknown", offset: "offset-0" });
    expect(other.socket.recovered).toBeFalse();
    expect(asked).toEqual([
      ["known", "offset-0"],
      { sid: "the id", pid: "known", rooms: ["the id", "r"], data: { name: "alice" } },
      ["unknown", "offset-0"],
    ]);
    other.raw.close();
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("no database");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no database"))],
    ["finds nothing", () => null],
  ])("connects a client anew where the adapter %s", async (_, restoreSession) => {
    const told = spyOn(process, "emitWarning").mockImplementation(() => {});
    class FailingAdapter extends Adapter {
      override restoreSession = restoreSession;
    }
    const io = start({ adapter: FailingAdapter });
    const { raw, sid, socket } = await visit(io, { pid: "known", offset: "offset" });
    expect([socket.recovered, socket.connected, sid]).toEqual([false, true, socket.id]);
    raw.close();
    told.mockRestore();
  });

  test("connects nobody when the client leaves while the adapter is looking", async () => {
    const asked = Promise.withResolvers<() => void>();
    class SlowAdapter extends Adapter {
      override restoreSession(): Promise<null> {
        return new Promise((resolve) => asked.resolve(() => resolve(null)));
      }
    }
    const io = start({ adapter: SlowAdapter });
    let connections = 0;
    io.on("connection", () => connections++);
    const closed = new Promise<void>((resolve) => {
      io.engine.once("connection", (conn) => {
        void asked.promise.then(() => conn.close());
        conn.once("close", () => resolve());
      });
    });
    const raw = await RawClient.open(world.running.url, transport);
    await raw.send(`40${JSON.stringify({ pid: "known", offset: "offset" })}`);
    const answer = await asked.promise;
    await closed;
    answer();
    expect(connections).toBe(0);
    await arrived(await world.join());
    expect(connections).toBe(1);
    expect([io.of("/").sockets.size, io.of("/").adapter.sids.size]).toEqual([1, 1]);
    raw.close();
  });

  if (world.isReference) {
    return; // what follows it does otherwise: see each test
  }

  test("recovers one of two clients that know the same private id", async () => {
    // There, both, with one id between them.
    const io = start();
    const { sid, pid, offset } = await leave(io);
    const [first, second] = [await visit(io, { pid, offset }), await visit(io, { pid, offset })];
    expect([first.socket.recovered, first.sid]).toEqual([true, sid]);
    expect([second.socket.recovered, second.sid === sid, second.pid === pid]).toEqual([
      false,
      false,
      false,
    ]);
    expect(io.of("/").sockets.size).toBe(2);
    await hear(first, "to the first");
    await hear(second, "to the second");
    expect(second.raw.packets.join()).not.toContain("to the first");
    first.raw.close();
    second.raw.close();
  });

  test("recovers one of two clients that come with the same private id at once", async () => {
    const io = start();
    const { pid, offset } = await leave(io);
    const raws = await Promise.all([1, 2].map(() => RawClient.open(world.running.url, transport)));
    const told = await Promise.all(
      raws.map(async (raw) => {
        await raw.send(`40${JSON.stringify({ pid, offset })}`);
        return parseConnect(await raw.next((each) => each.startsWith("40")));
      }),
    );
    expect(told.filter((each) => each.pid === pid)).toHaveLength(1);
    expect(new Set(told.map((each) => each.sid)).size).toBe(2);
    expect(io.of("/").sockets.size).toBe(2);
    for (const raw of raws) {
      raw.close();
    }
  });

  test("takes no id for its own that is in use, from whatever an adapter finds", async () => {
    // There, the other socket is lost.
    class ConfusedAdapter extends Adapter {
      override restoreSession(pid: string): Awaited<ReturnType<Adapter["restoreSession"]>> {
        const [sid = "none"] = this.nsp.sockets.keys();
        return { sid, pid, rooms: [sid], data: {}, missedPackets: [] };
      }
    }
    const io = start({ adapter: ConfusedAdapter });
    const first = await visit(io);
    const second = await visit(io, { pid: "x", offset: "y" });
    expect([second.sid === first.sid, io.of("/").sockets.size]).toEqual([false, 2]);
    first.raw.close();
    second.raw.close();
  });

  test("leaves nothing behind once the sessions have expired", async () => {
    const io = start({ connectionStateRecovery: { maxDisconnectionDuration: 10 } });
    const pair = await joinAndHear(world);
    await drop(pair);
    await Bun.sleep(40); // it is the time that counts
    const back = await comeBack(world, pair.client);
    expect(back.socket.recovered).toBeFalse();
    const { adapter, sockets } = io.of("/");
    expect([sockets.size, adapter.sids.size, adapter.rooms.size]).toEqual([1, 1, 1]);
  });
}
