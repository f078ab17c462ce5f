import { expect, test } from "bun:test";
import { OutboxBacklog } from "../../adapters/redis/outbox-backlog.ts";
import { OutboxGuards } from "../../adapters/redis/outbox-guards.ts";

test("a guard that is never answered is asked anew, and the commands of its key go on", async () => {
  let asked = 0;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const guards = new OutboxGuards(new OutboxBacklog(false), (isMended) => {
    if (isMended) resolve(isMended);
    else guards.mend();
  });
  guards.add({
    key: "stream",
    isOwing: true,
    onWritten() {},
    onBreak() {},
    onMended() {},
    mend: () => (++asked === 1 ? new Promise(() => {}) : Promise.resolve(true)),
  });
  guards.onBreak();
  guards.mend();
  await guards.whenMended("stream");
  expect(await promise).toBe(true);
  expect(asked).toBe(2);
});
