// What is kept within bounds takes no more memory than they say: also messages that are large and few.

import { expect, test } from "bun:test";
import { type Entry, Kind, OutboxQueue } from "../../adapters/redis/outbox-queue.ts";
import { SentLog } from "../../adapters/redis/sent-log.ts";

const MESSAGES = 500;

/** How many of the payloads that were given to `keep` are still in memory. */
async function countKept(keep: (payload: Uint8Array, number: number) => void): Promise<number> {
  const payloads: WeakRef<Uint8Array>[] = [];
  for (let number = 1; number <= MESSAGES; number++) {
    const payload = new Uint8Array(10_000);
    payloads.push(new WeakRef(payload));
    keep(payload, number);
  }
  await new Promise(setImmediate); // till then, all that was looked at is held
  Bun.gc(true);
  return payloads.filter((payload) => payload.deref() !== undefined).length;
}

test("messages that are kept for others no more are not in memory", async () => {
  const log = new SentLog(60_000, 100_000);
  const kept = await countKept((payload) => log.keep(log.next("room"), "room", payload));
  expect(log.length).toBeLessThan(10);
  expect(kept).toBeLessThan(50);
  log.clear();
});

test("messages that wait no more are not in memory", async () => {
  const queue = new OutboxQueue();
  const owner = { onDropped() {} };
  const kept = await countKept((payload, number) => {
    queue.push({
      number,
      at: 0,
      bytes: payload.length,
      owner,
      kind: Kind.PLAIN,
      channel: "room",
      payload,
      bundler: undefined,
      command: undefined,
      onReply: undefined,
    } satisfies Entry);
    if (queue.length > 10) {
      queue.shift();
    }
  });
  expect(queue.length).toBe(10);
  expect(kept).toBeLessThan(50);
});
