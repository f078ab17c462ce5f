// io.drain(): a server sends its clients elsewhere, and closes.

import { afterEach, describe, expect, test } from "bun:test";
import { type Balanced, startBalanced } from "../support/balanced.ts";
import { BOUND_HOSTS } from "../support/bound.ts";
import { Clients, once } from "../support/clients.ts";
import { HOSTS, TRANSPORTS } from "../support/hosts.ts";
import { until } from "../support/wire.ts";
import { everywhere } from "../support/world.ts";
import { NOTHING_CUT, reasonsOf, SOON, whatOf } from "../support/drain.ts";

const AGAIN = { reconnection: true, reconnectionDelay: 10 };

for (const host of HOSTS) {
  describe.each(TRANSPORTS)(`${host.name}, over $name`, ({ transports }) => {
    const clients = new Clients();
    let balanced: Balanced | null = null;
    afterEach(async () => {
      clients.closeAll();
      await balanced?.stop();
      balanced = null;
    });

    test("a stock client comes back by itself, on another server", async () => {
      balanced = await startBalanced(host);
      const { first, second, url } = balanced;
      const reasons = reasonsOf(first);
      const client = await clients.connect(url, { ...AGAIN, transports: [...transports] });
      expect(first.sockets.sockets.size).toBe(1);
      const gone = once(client, "disconnect");
      const back = once(client, "connect");
      const report = await first.drain(SOON);
      expect(await gone).toEqual(["transport close", expect.anything()]);
      expect(reasons).toEqual(["server shutting down"]);
      expect(whatOf(report)).toEqual({ sessions: 1, ...NOTHING_CUT });
      await back;
      expect([...second.sockets.sockets.keys()]).toEqual([client.id ?? ""]);
    });
  });
}

everywhere((world) => {
  test("a session goes on until its acknowledgements are in, and new ones are refused", async () => {
    const io = world.start();
    let answer: (() => void) | undefined;
    io.on("connection", (socket) => {
      socket.on("slow", (reply) => {
        answer = () => reply("done");
      });
      socket.on("echo", (text, reply) => reply(text));
    });
    const { client, socket } = await world.join();
    const slow = client.emitWithAck("slow");
    await until(() => answer !== undefined);
    let asked: ((reply: string) => void) | undefined;
    client.on("question", (reply) => {
      asked = reply;
    });
    const question = socket.emitWithAck("question");
    await until(() => asked !== undefined);

    let isDrained = false;
    const drained = io.drain(SOON).finally(() => {
      isDrained = true;
    });
    const late = world.make();
    const [error] = await once<[Error]>(late, "connect_error");
    expect(error.message).toMatch(/xhr poll error|websocket error/);
    expect(await client.emitWithAck("echo", "still served")).toBe("still served");
    answer?.();
    expect(await slow).toBe("done");
    expect(await client.emitWithAck("echo", "and again")).toBe("and again");
    expect([client.connected, isDrained]).toEqual([true, false]);
    asked?.("yes");
    expect(await question).toBe("yes");
    expect(whatOf(await drained)).toEqual({ sessions: 1, ...NOTHING_CUT });
  });

  test("what was sent before it arrives before a client is sent away", async () => {
    const io = world.start();
    const { client, socket } = await world.join();
    const got: number[] = [];
    client.on("number", (value) => got.push(value));
    const gone = once(client, "disconnect");
    for (let value = 0; value < 100; value++) {
      socket.emit("number", value, "x".repeat(10_000));
    }
    expect(whatOf(await io.drain(SOON))).toEqual({ sessions: 1, ...NOTHING_CUT });
    await gone;
    expect(got).toEqual(Array.from({ length: 100 }, (_, value) => value));
  });

  test("a session that owes an answer for too long is cut, and counted", async () => {
    const io = world.start();
    const { client, socket } = await world.join();
    const asked = once(client, "question");
    const never = [socket.emitWithAck("question"), client.emitWithAck("question")];
    for (const each of never) void each.catch(() => {});
    await asked;
    await until(() => socket._owed === 2);
    const gone = once(client, "disconnect");
    const report = await io.drain({ timeoutMs: 50, spreadMs: 0 });
    expect(whatOf(report)).toEqual({ sessions: 1, cutSessions: 1, cutAcks: 2, cutPackets: 0 });
    expect(report.durationMs).toBeGreaterThanOrEqual(50);
    expect((await gone)[0]).toBe("transport close");
  });

  test("the sessions are spread over the time", async () => {
    const io = world.start();
    const pairs = await world.joinMany(10);
    const times: number[] = [];
    for (const { socket } of pairs) socket.on("disconnect", () => times.push(performance.now()));
    const startedAt = performance.now();
    const report = await io.drain({ timeoutMs: 20_000, spreadMs: 200 });
    expect(whatOf(report)).toEqual({ sessions: 10, ...NOTHING_CUT });
    expect(times.length).toBe(10);
    // None before its turn.
    expect(times.filter((time, index) => time - startedAt < index * 20)).toEqual([]);
  });
}, HOSTS);

describe.each(BOUND_HOSTS)("$name", (host) => {
  test("the sessions of the engine are sent away", async () => {
    const running = host.start();
    const clients = new Clients();
    try {
      const reasons = reasonsOf(running.io);
      const all = await Promise.all(
        TRANSPORTS.map(({ transports }) =>
          clients.connect(running.url, { transports: [...transports] }),
        ),
      );
      const ends = all.map((client) => once(client, "disconnect"));
      expect(whatOf(await running.io.drain(SOON))).toEqual({ sessions: 3, ...NOTHING_CUT });
      for (const [reason] of await Promise.all(ends)) {
        // The second of a poll that @socket.io/bun-engine breaks off. Clients come back after both.
        expect(["transport close", "transport error"]).toContain(String(reason));
      }
      expect(reasons).toEqual(all.map(() => "server shutting down"));
    } finally {
      clients.closeAll();
      await running.close();
    }
  });
});
