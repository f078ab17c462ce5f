import type { PendingAcks } from "../acks.ts";
import { SocketIOError } from "../errors.ts";
import type { AnyFunction } from "../events.ts";

/** Who hears what becomes of the acknowledgements that a client owes. */
export interface AckListener {
  /** @param start when the event was sent, by `performance.now()` */
  onAcknowledged(start: number): void;
  onTimeout(): void;
}

/** Tells of each acknowledgement that a client owes from now on: of its own events, and of broadcasts. */
export function watchAcks(acks: PendingAcks, listener: AckListener): void {
  const set = acks.set.bind(acks);
  const remove = acks.delete.bind(acks);
  const settle = acks.settle.bind(acks);
  // Those of broadcasts: adapters keep their time, and take back what is owed when it is over.
  const untimed = new Set<number>();
  let settled: number | null = null;

  acks.set = (id: number, callback: AnyFunction, timeoutMs?: number) => {
    const start = performance.now();
    if (timeoutMs === undefined) {
      untimed.add(id);
    }
    const counted: AnyFunction = (...args) => {
      const [error] = args;
      if (error instanceof SocketIOError && error.code === "ERR_ACK_TIMEOUT") {
        listener.onTimeout();
      } else {
        listener.onAcknowledged(start);
      }
      callback(...args);
    };
    set(id, counted, timeoutMs);
    return acks;
  };
  acks.delete = (id: number) => {
    const wasOwed = remove(id);
    if (untimed.delete(id) && wasOwed && id !== settled) {
      listener.onTimeout();
    }
    return wasOwed;
  };
  acks.settle = (id: number, args: readonly unknown[]) => {
    settled = id;
    try {
      return settle(id, args);
    } finally {
      settled = null;
    }
  };
}
