// What tests of Redis clients wait for.

import { Redis } from "ioredis";
import type { RedisConnection } from "../../adapters/redis/port.ts";
import type { RedisServer } from "./redis.ts";

/** Waits until a connection is ready, or is not. */
export async function state(connection: RedisConnection, isReady = true): Promise<void> {
  if (connection.isReady === isReady) return;
  await new Promise<void>((resolve) => {
    const end = connection.onState((now) => {
      if (now !== isReady) return;
      end();
      resolve();
    });
  });
}

/** Waits for the next call of a listener. */
export function next(add: (listener: () => void) => () => void): Promise<void> {
  return new Promise((resolve) => {
    const end = add(() => {
      end();
      resolve();
    });
  });
}

/** Waits until something is so. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await Bun.sleep(5);
}

/** Runs with a client that is nobody else's. */
export async function asked<T>(
  { port }: RedisServer,
  ask: (redis: Redis) => Promise<T>,
): Promise<T> {
  const redis = new Redis(port);
  try {
    return await ask(redis);
  } finally {
    redis.disconnect();
  }
}

/** How many clients a server has. */
export function countClients(server: RedisServer): Promise<number> {
  return asked(server, async (redis) => {
    const list = String(await redis.client("LIST"));
    return list.trim().split("\n").length - 1;
  });
}
