// Clients that ask for a namespace again, before they are answered: only what they asked last counts.

import { afterEach, describe, expect, spyOn, test } from "bun:test";
import { Adapter, type Server, type ServerOptions, type Socket } from "bun-socket.io";
import { once } from "../support/clients.ts";
import { HOSTS, type Running } from "../support/hosts.ts";
import { RawClient } from "../support/raw-client.ts";

type RestoredSession = Awaited<ReturnType<Adapter["restoreSession"]>>;

describe.each(HOSTS)("$name", (host) => {
  let running: Running;
  let raw: RawClient;

  async function start(options?: ServerOptions): Promise<Server> {
    running = host.start(options);
    raw = await RawClient.open(running.url, "websocket");
    return running.io;
  }

  afterEach(async () => {
    raw.close();
    await running.close();
  });

  /** The packets that are no events: what the client was told of its attempts. */
  const answers = () => raw.packets.filter((packet) => !`${packet}`.startsWith("42"));

  test("an attempt that is nobody's any more takes none along, and tells nothing, when the adapter fails it", async () => {
    const restored = Promise.withResolvers<RestoredSession>();
    class FailingAdapter extends Adapter {
      override restoreSession(pid: string): Promise<RestoredSession> | null {
        return pid === "slow" ? restored.promise : null;
      }
      override addAll(sid: string, rooms: Set<string>): void {
        if (rooms.has("broken")) {
          throw new Error("no such room");
        }
        super.addAll(sid, rooms);
      }
    }
    const failed = Promise.withResolvers<void>();
    const told = spyOn(process, "emitWarning").mockImplementation(() => failed.resolve());
    const io = await start({ adapter: FailingAdapter, connectionStateRecovery: {} });
    const passed = Promise.withResolvers<() => void>();
    io.use((_, next) => passed.resolve(next));
    await raw.send('40{"pid":"slow"}', "40");
    const next = await passed.promise;
    restored.resolve({
      sid: "the id",
      pid: "slow",
      rooms: ["broken"],
      data: null,
      missedPackets: [],
    });
    await failed.promise;
    told.mockRestore();
    const connection = once<[Socket]>(io, "connection");
    next();
    const [socket] = await connection;
    socket.emit("hello");
    await raw.next((packet) => packet === '42["hello"]');
    expect(answers()).toEqual([
      expect.any(String),
      expect.stringContaining(`40{"sid":"${socket.id}"`),
    ]);
  });

  test("a client that asks twice while its namespace is looked up gets one socket, for the later", async () => {
    const io = await start();
    const waiting: ((found: boolean) => void)[] = [];
    const asked = Promise.withResolvers<void>();
    const sockets: Socket[] = [];
    io.of((_name, _auth, next) => {
      waiting.push((found) => next(null, found));
      if (waiting.length === 2) {
        asked.resolve();
      }
    }).on("connection", (socket) => sockets.push(socket));
    await raw.send('40/a,{"n":1}', '40/a,{"n":2}');
    await asked.promise;
    for (const answer of waiting) {
      answer(true);
    }
    await raw.next((packet) => packet.startsWith("40/a,"));
    expect(sockets.map(({ handshake }) => handshake.auth)).toEqual([{ n: 2 }]);
    const [socket] = sockets as [Socket];
    const heard = once(socket, "x");
    await raw.send('42/a,["x",1]');
    expect(await heard).toEqual([1]);
    expect([...io.of("/a").sockets.values()]).toEqual([socket]);
    expect(answers()).toHaveLength(2);
  });

  test("a client is not told that a namespace was denied, when it has asked anew meanwhile", async () => {
    const io = await start();
    const waiting: ((found: boolean) => void)[] = [];
    const asked = Promise.withResolvers<void>();
    io.of((_name, _auth, next) => {
      waiting.push((found) => next(null, found));
      if (waiting.length === 2) {
        asked.resolve();
      }
    });
    await raw.send("40/a,", "40/a,");
    await asked.promise;
    for (const [index, answer] of waiting.entries()) {
      answer(index === 1);
    }
    await raw.next((packet) => packet.startsWith("40/a,"));
    expect(answers()).toEqual([expect.any(String), expect.stringMatching(/^40\/a,/)]);
  });
});
