// The redis-server of the program that compares.

import { expect, test } from "bun:test";
import { Redis } from "ioredis";
import { prepareRedis } from "../../compat/redis.ts";
import { REDIS_PORT } from "../../compat/redis-port.ts";
import type { Scenario } from "../../compat/scenario.ts";

const PLAIN: Scenario = { name: "plain", client: async () => {} };
const NEEDY: Scenario = { name: "needy", needs: "redis", client: async () => {} };

test("scenarios that need a redis-server get one, until the run is over", async () => {
  const prepared = await prepareRedis([PLAIN, NEEDY]);
  const redis = new Redis(Number(process.env[REDIS_PORT]), "127.0.0.1");
  try {
    expect(prepared.scenarios).toEqual([PLAIN, NEEDY]);
    expect(prepared.notice).toBeNull();
    expect(await redis.ping()).toBe("PONG");
  } finally {
    redis.disconnect();
    await prepared.stop();
  }
});

test("where there is no redis-server they are left out, and a line says so", async () => {
  const before = process.env.REDIS_SERVER;
  process.env.REDIS_SERVER = "no-such-program";
  try {
    const { scenarios, notice } = await prepareRedis([PLAIN, NEEDY]);
    expect(scenarios).toEqual([PLAIN]);
    expect(notice).toStartWith("SKIPPED: 1 scenarios that need a redis-server: ");
    expect(notice).toContain("no-such-program");
  } finally {
    if (before === undefined) {
      delete process.env.REDIS_SERVER;
    } else {
      process.env.REDIS_SERVER = before;
    }
  }
});
