// Limits on who gets in. The names of tests in test/support/reliability-rows/limits.ts make a page.

import { expect, test } from "bun:test";
import type { LimitExceeded } from "bun-socket.io/engine";
import { once } from "../support/clients.ts";
import {
  connectError,
  handshake,
  overBothHosts,
  recordLimits,
  refusal,
  told,
} from "../support/limits.ts";
import type { RawResponse } from "../support/raw.ts";
import { until } from "../support/wire.ts";

const ADDRESS = "127.0.0.1";

overBothHosts((world) => {
  const nobody = (): void => {};

  test("a handshake beyond limits.connections is refused with 503", async () => {
    const io = world.start({ limits: { connections: 1 } });
    const heard = recordLimits(io);
    const first = await world.join();
    expect(told(await handshake(world))).toEqual(refusal(world, 503, "Too many connections"));
    const error = await connectError(world.make());
    expect(error.message).toBe(world.isPolling ? "xhr poll error" : "websocket error");
    expect(world.isPolling ? error.description : 503).toBe(503);
    const exceeded: Partial<LimitExceeded> = { limit: "connections", value: 1, address: ADDRESS };
    expect(heard).toEqual([exceeded, exceeded]);
    expect(io.engine.refusals.connections).toBe(2);

    const gone = once(first.socket, "disconnect");
    first.client.disconnect();
    await gone;
    await until(() => io.engine.clientsCount === 0);
    await world.join(); // there is room again
    expect(heard.length).toBe(2);
  });

  test("a handshake beyond limits.connectionsPerAddress is refused with 429", async () => {
    const io = world.start({ limits: { connectionsPerAddress: 1 }, trustProxy: "loopback" });
    const heard = recordLimits(io);
    const first = await world.join();
    const message = "Too many connections from this address";
    expect(told(await handshake(world))).toEqual(refusal(world, 429, message));
    const exceeded: Partial<LimitExceeded> = {
      limit: "connectionsPerAddress",
      value: 1,
      address: ADDRESS,
    };
    expect(heard).toEqual([exceeded]);
    expect(first.socket.handshake.address).toBe(ADDRESS);

    const behindProxy = { "X-Forwarded-For": "192.0.2.1" };
    const other = await world.join("/", { extraHeaders: behindProxy });
    expect(other.socket.handshake.address).toBe("192.0.2.1");
    expect((await handshake(world, behindProxy)).status).toBe(429);
    expect(heard[1]?.address).toBe("192.0.2.1");
    const gone = once(first.socket, "disconnect");
    first.client.disconnect();
    await gone;
    await until(() => io.engine.clientsCount === 1);
    await world.join();
  });

  test.each([
    ["an IPv6 client may choose", "2001:db8:1:2::1", "2001:db8:1:2:ffff:0:0:9", "2001:db8:1:3::1"],
    ["stands for one of IPv4", "::ffff:192.0.2.1", "192.0.2.1", "::ffff:192.0.2.2"],
  ])(
    "limits.connectionsPerAddress holds for whatever address %s",
    async (_, first, same, another) => {
      const io = world.start({ limits: { connectionsPerAddress: 1 }, trustProxy: "loopback" });
      const heard = recordLimits(io);
      const from = (address: string) => ({ "X-Forwarded-For": address });
      const one = await world.join("/", { extraHeaders: from(first) });
      expect(one.socket.handshake.address).toBe(first);
      expect((await handshake(world, from(same))).status).toBe(429);
      expect(heard).toEqual([{ limit: "connectionsPerAddress", value: 1, address: same }]);
      const two = await world.join("/", { extraHeaders: from(another) });
      expect(two.socket.handshake.address).toBe(another);
      const gone = once(one.socket, "disconnect");
      one.client.disconnect();
      await gone;
      await until(() => io.engine.clientsCount === 1);
      await world.join("/", { extraHeaders: from(same) });
    },
  );

  test("a handshake beyond limits.handshakesPerSecond is refused with 503", async () => {
    const io = world.start({ limits: { handshakesPerSecond: 2 } });
    const heard = recordLimits(io);
    let refused: RawResponse[] = [];
    while (refused.length === 0) {
      const answers = await Promise.all(Array.from({ length: 6 }, () => handshake(world)));
      refused = answers.filter(({ status }) => status === 503);
    }
    for (const answer of refused) {
      expect(told(answer)).toEqual(refusal(world, 503, "Too many handshakes"));
    }
    expect(heard.length).toBe(refused.length);
    expect(heard[0]).toEqual({ limit: "handshakesPerSecond", value: 2, address: ADDRESS });
    for (let status = 503; status === 503; ) {
      ({ status } = await handshake(world)); // after a while, one gets in again
    }
  });

  test.each([
    ["allowRequest", { allowRequest: nobody }],
    [
      "an allowRequest that returns a promise",
      { allowRequest: () => new Promise<boolean>(nobody) },
    ],
    ["generateId", { generateId: () => new Promise<string>(nobody) }],
  ])("limits.handshakeMs holds for %s", async (_, options) => {
    const io = world.start({ ...options, limits: { handshakeMs: 20 } });
    expect((await handshake(world)).status).toBe(503);
    expect(io.engine.clientsCount).toBe(0);
  });

  test("a handshake that is not decided on within limits.handshakeMs is refused with 503", async () => {
    let decideLate = nobody;
    const io = world.start({
      allowRequest: (_, decide) => {
        decideLate = () => decide(null, true);
      },
      limits: { handshakeMs: 20 },
    });
    const heard = recordLimits(io);
    const errors: unknown[] = [];
    io.engine.on("connection_error", ({ code, context }) => errors.push([code, context.name]));
    expect(told(await handshake(world))).toEqual(refusal(world, 503, "Handshake timed out"));
    expect(heard).toEqual([{ limit: "handshakeMs", value: 20, address: ADDRESS }]);
    expect(errors).toEqual([[6, "LIMIT_EXCEEDED"]]);
    decideLate();
    await new Promise((resolve) => setImmediate(resolve));
    expect(io.engine.clientsCount).toBe(0); // it came too late
  });

  test("limits.handshakeMs holds for engine middlewares", async () => {
    const io = world.start({ limits: { handshakeMs: 20 } });
    io.engine.use(() => {});
    expect((await handshake(world)).status).toBe(503);
    expect(io.engine.refusals.handshakeMs).toBe(1);
  });

  test("a middleware that has begun to answer may take its time", async () => {
    const io = world.start({ limits: { handshakeMs: 10 } });
    io.engine.use((_request, response) => {
      response.writeHead(200, { "Content-Length": "4" });
      setTimeout(() => response.end("mine"), 50);
    });
    const { status, body } = await handshake(world);
    expect([status, body]).toEqual([200, "mine"]);
    expect(io.engine.refusals.handshakeMs).toBe(0);
  });

  test("allowRequest is not asked where there is no room", async () => {
    let calls = 0;
    world.start({
      allowRequest: () => {
        calls++;
        return true;
      },
      limits: { connections: 0 },
    });
    expect((await handshake(world)).status).toBe(503);
    expect(calls).toBe(0);
  });

  test("those whom allowRequest keeps waiting do not get in together beyond the limit", async () => {
    const decisions: (() => void)[] = [];
    const io = world.start({
      allowRequest: (_, decide) => {
        decisions.push(() => decide(null, true));
      },
      limits: { connections: 2 },
    });
    const answers = [1, 2, 3, 4].map(() => handshake(world));
    await until(() => decisions.length === 4);
    for (const decide of decisions) {
      decide();
    }
    const statuses = (await Promise.all(answers)).map(({ status }) => status).sort();
    expect(statuses).toEqual([world.isPolling ? 200 : 101, world.isPolling ? 200 : 101, 503, 503]);
    expect(io.engine.refusals.connections).toBe(2);
  });
});
