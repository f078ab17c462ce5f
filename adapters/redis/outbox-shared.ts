import { Outbox } from "./outbox.ts";
import type { OutboxOptions } from "./outbox-limits.ts";
import type { RedisCommands } from "./port.ts";

const outboxes = new WeakMap<RedisCommands, Outbox>();

/**
 * The outbox of a client: one for all adapters that send over it. If they want different bounds, the
 * largest hold.
 */
export function outboxOf(redis: RedisCommands, options: OutboxOptions = {}): Outbox {
  let outbox = outboxes.get(redis);
  if (outbox === undefined) {
    outbox = new Outbox(redis, options);
    outboxes.set(redis, outbox);
  } else {
    outbox.widen(options);
  }
  return outbox;
}
