// Engine.IO, revision 4: the heartbeat, which is the server's.

import assert from "node:assert/strict";
import type { Rule } from "./rule.ts";
import { EACH_TRANSPORT, EVERY_WAY, POLLING } from "./ways.ts";

const HEARTBEAT = "Engine.IO protocol 4, Protocol, Heartbeat";
/** Pings come often; a pong has much time. */
const OFTEN = { pingInterval: 60, pingTimeout: 3000 };
/** A pong that does not come is missed soon. */
const IMPATIENT = { pingInterval: 60, pingTimeout: 60 };

export const HEARTBEAT_RULES: readonly Rule[] = [
  {
    name: "the server sends a ping every pingInterval",
    source: HEARTBEAT,
    options: OFTEN,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      const start = performance.now();
      for (let count = 1; count <= 3; count++) {
        await session.expect("2");
        const elapsed = performance.now() - start;
        // The open packet has left a little before it is read here.
        assert.ok(elapsed > count * 30, `ping ${count} after ${elapsed} ms`);
        await session.send("3");
      }
    },
  },
  {
    name: "no further ping comes before the pong",
    source: HEARTBEAT,
    options: { pingInterval: 20, pingTimeout: 3000 },
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.expect("2");
      await new Promise((resolve) => setTimeout(resolve, 100)); // five times the interval
      await session.send("40");
      assert.match(await session.text(), /^40\{/);
    },
  },
  {
    name: "a session whose pong does not come ends after pingTimeout",
    source: HEARTBEAT,
    options: IMPATIENT,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      const before = await session.ended();
      assert.deepEqual(before, ["2"]);
    },
  },
  {
    name: "the socket of a session that has timed out hears of a ping timeout",
    source: HEARTBEAT,
    options: { pingInterval: 300, pingTimeout: 300 },
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      const id = await session.join();
      await session.ended();
      const witness = await t.openWebSocket();
      await witness.join();
      await witness.send(`421["why gone","${id}"]`);
      await witness.expect('431["ping timeout"]');
    },
  },
  {
    name: "a session that has timed out is unknown",
    source: HEARTBEAT,
    options: IMPATIENT,
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling();
      await session.ended();
      const { status, body } = await session.poll();
      assert.equal(status, 400);
      assert.deepEqual(JSON.parse(body), { code: 1, message: "Session ID unknown" });
    },
  },
  {
    name: "a ping of the client ends the session",
    source: "Engine.IO protocol 4, History, From v3 to v4",
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.send("2");
      assert.deepEqual(await session.ended(), []);
    },
  },
  {
    name: "a pong that was not asked for changes nothing",
    source: HEARTBEAT,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.send("3");
      await session.join();
    },
  },
];
