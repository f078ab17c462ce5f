// What clients say and are told when they come back, and those that make it up.

import { expect, spyOn, test } from "bun:test";
import { Adapter, type Server, type ServerOptions, type Socket } from "bun-socket.io";
import { once } from "../support/clients.ts";
import { HOSTS } from "../support/hosts.ts";
import { RawClient } from "../support/raw-client.ts";
import { arrived, recordEvents, type World } from "../support/world.ts";
import { comeBack, drop, joinAndHear } from "../support/recovery.ts";

/** How long sessions are kept: long enough to come back in time, also on a busy machine. */
const ENOUGH = 500;

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
    const io = start({ pingInterval: 150, pingTimeout: 150 });
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

  if (world.host !== HOSTS[0]) {
    return; // the reference has none of this; and it takes its time, where the host has no say in it
  }

  test("lets a client in without what it missed, where that cannot be sent", async () => {
    const warnings: unknown[] = [];
    const told = spyOn(process, "emitWarning").mockImplementation((message) => {
      warnings.push(message);
    });
    const io = start();
    const { sid, pid, offset } = await leave(io);
    expect(() => io.emit("broken", 1n)).toThrow("BigInt");
    io.emit("blob", new Blob(["nobody is here to be sent it"]));
    io.emit("whole", 1);
    const { raw, socket, ...ids } = await visit(io, { pid, offset });
    told.mockRestore();
    expect([ids, socket.recovered]).toEqual([{ sid, pid }, true]);
    const events = raw.packets.filter((each) => `${each}`.startsWith("42"));
    expect(events.map((each) => parseEvent(`${each}`)[0])).toEqual(["whole"]);
    expect(io.of("/").sockets.size).toBe(1);
    expect(warnings).toEqual([
      "an event that a client missed cannot be sent: broken",
      "an event that a client missed cannot be sent: blob",
    ]);
    raw.close();
  });

  test("sets no timer that is too long to be one, also for sessions kept as long as can be", () => {
    const io = start({ connectionStateRecovery: { maxDisconnectionDuration: 2 ** 31 - 1 } });
    const timers = spyOn(globalThis, "setTimeout");
    io.emit("kept");
    const delays = timers.mock.calls.map(([, delayMs]) => delayMs);
    timers.mockRestore();
    expect(delays).toEqual([2 ** 31 - 1]);
  });

  test("tells session_expired of what a client did not come back for in time, and keeps nothing", async () => {
    const io = start({ connectionStateRecovery: { maxDisconnectionDuration: 10 } });
    const { socket, sid, pid } = await visit(io);
    await socket.join("room");
    socket.data.name = "alice";
    const expired = once(io, "session_expired");
    socket.conn.close();
    expect(await expired).toEqual([{ sid, pid, rooms: [sid, "room"], data: { name: "alice" } }]);
    expect(io.of("/").adapter.hasSessions?.()).toBeFalse();
    const again = await visit(io, { pid });
    expect([again.socket.recovered, again.sid === sid]).toEqual([false, false]);
    again.raw.close();
  });

  test("expires sessions in their order, and none that was taken up again", async () => {
    const io = start({ connectionStateRecovery: { maxDisconnectionDuration: ENOUGH } });
    const names: unknown[] = [];
    io.on("session_expired", ({ data }) => names.push((data as { name: string }).name));
    const visitors = [await visit(io), await visit(io), await visit(io)];
    for (const [index, { socket }] of visitors.entries()) {
      socket.data.name = "abc"[index];
      socket.conn.close();
    }
    const back = await visit(io, { pid: visitors[1]?.pid });
    expect(back.socket.data.name).toBe("b");
    while (names.length < 2) {
      await once(io, "session_expired");
    }
    expect(names).toEqual(["a", "c"]);
    expect(back.socket.connected).toBeTrue();
    back.raw.close();
  });

  test("keeps an empty child namespace as long as a client may come back to it", async () => {
    // There, it is removed, and with it what the client missed.
    const io = start({
      connectionStateRecovery: { maxDisconnectionDuration: ENOUGH },
      cleanupEmptyChildNamespaces: true,
    });
    io.of(/^\/dynamic-/);
    const pair = await joinAndHear(world, "/dynamic-1");
    const events = recordEvents(pair.client);
    await drop(pair);
    io.of("/dynamic-1").emit("missed");
    const back = await comeBack(world, pair.client, "/dynamic-1");
    expect([back.socket.recovered, back.socket.nsp === pair.socket.nsp]).toEqual([true, true]);
    await arrived(back);
    expect(events.map(([event]) => event)).toEqual(["missed"]);
    const expired = once(io.of("/dynamic-1"), "session_expired");
    await drop(back);
    await expired;
    expect([...io._nsps.keys()]).toEqual(["/"]);
  });

  test("removes an empty child namespace that nobody can come back to", async () => {
    const io = start({ cleanupEmptyChildNamespaces: true });
    io.of(/^\/dynamic-/);
    const { client, socket } = await joinAndHear(world, "/dynamic-1");
    const gone = once(client, "disconnect");
    socket.disconnect();
    await gone;
    expect([...io._nsps.keys()]).toEqual(["/"]);
  });
}
