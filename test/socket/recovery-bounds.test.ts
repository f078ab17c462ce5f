// How much connection state recovery keeps, and what becomes of clients that would miss something.

import { expect, test } from "bun:test";
import { PacketLog } from "../../adapters/packet-log.ts";
import { joinAndHear, recover, withoutOffsets } from "../support/recovery.ts";
import { overBothHosts } from "../support/limits.ts";
import { arrived, recordEvents } from "../support/world.ts";

const MINUTE_MS = 60_000;

overBothHosts((world) => {
  test("with maxPackets, a client that missed no more than is kept gets all of it", async () => {
    const io = world.start({ connectionStateRecovery: { maxPackets: 20 } });
    const pair = await joinAndHear(world);
    const events = recordEvents(pair.client);
    const sent = Array.from({ length: 15 }, (_, n) => ["n", n]);
    const back = await recover(world, pair, () => {
      for (const [name, n] of sent) {
        io.emit(name as string, n);
      }
    });
    expect(back.socket.recovered).toBeTrue();
    await arrived(back);
    expect(withoutOffsets(events)).toEqual(sent);
  });

  test.each([
    ["maxPackets", { maxPackets: 20 }],
    ["maxBytes", { maxBytes: 100 }],
  ])(
    "with %s, a client that would miss an event in the midst starts a new session",
    async (_, recovery) => {
      const io = world.start({ connectionStateRecovery: recovery });
      const pair = await joinAndHear(world);
      const events = recordEvents(pair.client);
      const back = await recover(world, pair, () => {
        for (let n = 0; n < 30; n++) {
          io.emit("n", n);
        }
      });
      expect([back.socket.recovered, back.client.recovered]).toEqual([false, false]);
      expect(back.client.id).not.toBe(pair.socket.id);
      await arrived(back);
      expect(events).toEqual([]);
    },
  );

  test("so does one for whom an event is dropped while the middlewares decide on it", async () => {
    const io = world.start({
      connectionStateRecovery: { maxPackets: 20, skipMiddlewares: false },
    });
    let passes = 0;
    let isBack = false;
    io.use((_socket, next) => {
      passes++;
      for (let n = 0; isBack && n < 30; n++) {
        io.emit("n", n);
      }
      isBack = false;
      next();
    });
    const pair = await joinAndHear(world);
    await pair.socket.join("room");
    const events = recordEvents(pair.client);
    const ended = new Promise((resolve) => pair.socket.on("disconnect", resolve));
    const back = await recover(world, pair, () => {
      isBack = true;
    });
    await ended;
    expect([back.socket.recovered, back.client.recovered]).toEqual([false, false]);
    expect(passes).toBe(3); // as a new session it passes once more
    expect([...back.socket.rooms]).toEqual([back.socket.id]);
    const { sids, rooms } = io.sockets.adapter;
    expect([[...sids.keys()], [...rooms.keys()]]).toEqual([[back.socket.id], [back.socket.id]]);
    await arrived(back);
    expect(events).toEqual([]);
  });

  test("what is dropped for others keeps no client from coming back", async () => {
    const io = world.start({ connectionStateRecovery: { maxPackets: 20 } });
    const pair = await joinAndHear(world);
    await pair.socket.join("quiet");
    const events = recordEvents(pair.client);
    const back = await recover(world, pair, () => {
      for (let n = 0; n < 100; n++) {
        io.to("busy").emit("n", n);
      }
      io.to("quiet").emit("hello");
    });
    expect(back.socket.recovered).toBeTrue();
    await arrived(back);
    expect(withoutOffsets(events)).toEqual([["hello"]]);
  });
});

const toAll = { rooms: new Set<string>() };

test("a log keeps no more packets than it may", () => {
  const log = new PacketLog("p", MINUTE_MS, { maxPackets: 100, maxBytes: Infinity });
  for (let n = 1; n <= 10_000; n++) {
    log.add([n], toAll, 0);
    expect(log.size).toBeLessThanOrEqual(100);
  }
  expect(log.size).toBeGreaterThanOrEqual(90);
  expect(log.since(9_990, []).map(([n]) => n)).toEqual(
    Array.from({ length: 10 }, (_, index) => 9_991 + index),
  );
  expect([log.hasLost(9_990, []), log.hasLost(1, [])]).toEqual([false, true]);
  log.clear();
});

test("a log keeps no more bytes than it may, and nothing of a packet that is larger", () => {
  const log = new PacketLog("p", MINUTE_MS, { maxPackets: Infinity, maxBytes: 1000 });
  for (let n = 1; n <= 100; n++) {
    log.add([n], toAll, 100);
    expect(log.size).toBeLessThanOrEqual(10);
  }
  log.add(["large"], toAll, 5000);
  expect([log.size, log.hasLost(100, [])]).toEqual([0, true]);
  log.add(["small"], toAll, 100);
  expect(log.since(101, []).length).toBe(1);
  log.clear();
});

test("what a log has lost is forgotten when it would have been", async () => {
  const log = new PacketLog("p", 1, { maxPackets: 0, maxBytes: Infinity });
  log.add(["x"], toAll, 0);
  expect(log.hasLost(0, [])).toBeTrue();
  await Bun.sleep(5);
  expect(log.hasLost(0, [])).toBeFalse();
  log.clear();
});
