import type { Recovery } from "./replay-recovery.ts";
import type { Sender } from "./replay-sender.ts";

/** The channels on which something is missing before what is held back, and their last numbers. */
export function misfits<M>(sender: Sender<M>, recovery: Recovery<M>): Map<string, number> {
  const lasts = new Map<string, number>();
  const missing = new Map<string, number>();
  for (const { number, previous, channel } of recovery.inOrder) {
    const last = lasts.get(channel) ?? sender.numbers.get(channel);
    if (last !== undefined && last > 0 && previous > last && !missing.has(channel)) {
      missing.set(channel, last);
    }
    lasts.set(channel, number);
  }
  return missing;
}
