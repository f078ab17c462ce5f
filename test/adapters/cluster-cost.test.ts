// What rooms and requests cost between nodes, where there are very many.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Fleet, until } from "../support/fleet.ts";

const ROOMS = 100_000;
const SLOW_MS = 30_000;
const TIMEOUT_MS = 300;

let fleet: Fleet;
beforeEach(() => {
  fleet = new Fleet();
});
afterEach(() => fleet.stop());

/** How many bytes travel between the nodes while something is done. */
async function bytesOf(run: () => Promise<unknown>): Promise<number> {
  const before = fleet.bus.bytes;
  await run();
  return fleet.bus.bytes - before;
}

describe("with 100,000 rooms", () => {
  test(
    "a count is a number, and a change of one room names that one",
    async () => {
      await fleet.start(["own", "own"]);
      const { io } = fleet.node(0);
      const { socket } = fleet.node(1);
      socket.data.large = "x".repeat(100_000);
      await socket.join(Array.from({ length: ROOMS }, (_, number) => `room ${number}`));

      const ofCount = await bytesOf(async () => {
        expect(await io.in("room 7").count()).toBe(1);
        expect(await io.count()).toBe(2);
      });
      expect(ofCount).toBeLessThan(2_000);

      const told: string[] = [];
      const ofList = await bytesOf(async () => {
        io.of("/").adapter.on("occupied", (room) => told.push(`+${room}`));
        io.of("/").adapter.on("vacated", (room) => told.push(`-${room}`));
        await until(() => told.length === ROOMS);
      });
      expect(ofList).toBeLessThan(3_000_000);

      const ofChanges = await bytesOf(async () => {
        await socket.join("one more");
        await until(() => told.length === ROOMS + 1);
        socket.leave("room 7");
        await until(() => told.length === ROOMS + 2);
      });
      expect(told.slice(ROOMS)).toEqual(["+one more", "-room 7"]);
      expect(ofChanges).toBeLessThan(1_000);

      const ofNothing = await bytesOf(async () => {
        await fleet.node(0).socket.join("room 9");
        await socket.join(["room 8", "for a moment"]); // it is in one, and leaves the other
        await socket.leave("for a moment");
        expect(await io.in("room 9").count()).toBe(2);
      });
      expect(told).toHaveLength(ROOMS + 2);
      expect(ofNothing).toBeLessThan(2_000);
    },
    SLOW_MS,
  );
});

describe.each(["own", "own, with heartbeats"] as const)("%s", (kind) => {
  /** Requests of each kind, and how each ends is up to the others. */
  function ask(timeoutMs: number): { settled: Promise<unknown>; refs: WeakRef<object>[] } {
    const { io } = fleet.node(0);
    const refs: WeakRef<object>[] = [];
    const settled: Promise<unknown>[] = [];
    const callback = () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const onEnd = () => resolve();
      settled.push(promise);
      refs.push(new WeakRef(onEnd));
      return onEnd;
    };
    for (let round = 0; round < 20; round++) {
      io.serverSideEmit("ask", callback());
      io.timeout(timeoutMs).emit("ask", callback());
      for (const request of [io.timeout(timeoutMs).fetchSockets(), io.timeout(timeoutMs).count()]) {
        const onEnd = callback();
        request.then(onEnd, onEnd);
      }
    }
    return { settled: Promise.all(settled), refs };
  }

  /** Waits until they are collected, but for some that may be on the stack. */
  async function areCollected(refs: readonly WeakRef<object>[]): Promise<void> {
    await until(() => {
      Bun.gc(true);
      return refs.filter((ref) => ref.deref() !== undefined).length < 5;
    });
  }

  beforeEach(async () => {
    fleet.bus.knowsSurvivors = true;
    await fleet.start([kind, kind]);
    Object.assign(fleet.node(0).io.of("/").adapter, { requestsTimeout: TIMEOUT_MS });
  });

  const ENDS: [how: string, isAnswered: boolean, end: () => unknown][] = [
    ["that are answered", true, () => {}],
    ["that nobody answers in time", false, () => {}],
    ["of which a node dies", false, () => fleet.kill(1)],
    ["of a node that is closed", false, () => fleet.node(0).io.of("/").adapter.close()],
  ];
  test.each(ENDS)("nothing is left of requests %s", async (_how, isAnswered, end) => {
    for (const { io, client } of fleet.nodes) {
      io.on("ask", (reply: () => void) => isAnswered && reply());
      client.on("ask", (reply: () => void) => isAnswered && reply());
    }
    if (!isAnswered) {
      const { uid } = fleet.node(1);
      fleet.bus.loses = (message) => message.uid === uid && message.type === 8;
    }
    let refs: WeakRef<object>[] = [];
    await (async () => {
      const asked = ask(TIMEOUT_MS);
      ({ refs } = asked);
      await Bun.sleep(0);
      await end();
      await asked.settled;
    })();
    expect(refs).toHaveLength(80);
    await areCollected(refs);
  });
});
