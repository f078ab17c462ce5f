// Engine.IO, revision 4: a session moves from polling to WebSocket.

import assert from "node:assert/strict";
import type { Rule } from "./rule.ts";
import { EVERY_WAY, POLLING, WRITTEN_POLLING } from "./ways.ts";

const UPGRADE = "Engine.IO protocol 4, Protocol, Upgrade";
const SINGLE = "Engine.IO protocol 4, Transports, WebSocket";

export const UPGRADE_RULES: readonly Rule[] = [
  {
    name: "a probing ping is answered with a probing pong",
    source: UPGRADE,
    ways: EVERY_WAY,
    async run(t) {
      const candidate = await t.candidate(await t.openPolling());
      await candidate.send("2probe");
      await candidate.expect("3probe");
    },
  },
  {
    name: "the WebSocket of an upgrade brings no second open packet",
    source: UPGRADE,
    async run(t) {
      const candidate = await t.candidate(await t.openPolling());
      await candidate.send("2probe");
      assert.equal(await candidate.text(), "3probe");
    },
  },
  {
    name: "a poll that waits when the probe comes is answered with a noop",
    source: UPGRADE,
    ways: WRITTEN_POLLING,
    async run(t) {
      const session = await t.openPolling();
      const poll = await t.park(session);
      const candidate = await t.candidate(session);
      await candidate.send("2probe");
      await candidate.expect("3probe");
      const { status, body } = await poll.answer;
      assert.deepEqual([status, body], [200, "6"]);
    },
  },
  {
    name: "after the upgrade, messages go both ways over the WebSocket",
    source: UPGRADE,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.openPolling();
      await session.join();
      const moved = await t.upgrade(session);
      await moved.send('42["message","moved"]');
      await moved.expect('42["message-back","moved"]');
    },
  },
  {
    name: "a probe and an upgrade in one go are taken",
    source: UPGRADE,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.openPolling();
      await session.join();
      const candidate = await t.candidate(session);
      await candidate.send("2probe", "5", '42["message","at once"]');
      await candidate.expect("3probe", '42["message-back","at once"]');
    },
  },
  {
    name: "after the upgrade, a poll is refused with status 400",
    source: UPGRADE,
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling();
      const moved = await t.upgrade(session);
      await moved.join(); // the upgrade has been handled
      assert.equal((await session.poll()).status, 400);
    },
  },
  {
    name: "after the upgrade, a POST is refused with status 400",
    source: UPGRADE,
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling();
      const moved = await t.upgrade(session);
      await moved.join();
      assert.equal((await session.post('42["message","late"]')).status, 400);
      await moved.send('42["message","in time"]');
      await moved.expect('42["message-back","in time"]');
    },
  },
  {
    name: "packets that no poll has fetched come over the WebSocket, in their order",
    source: UPGRADE,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.openPolling();
      await session.join();
      await session.send('42["burst",3]');
      const moved = await t.upgrade(session);
      await moved.expect('42["burst",0]', '42["burst",1]', '42["burst",2]');
    },
  },
  {
    name: "a POST between the probe and the upgrade is delivered",
    source: UPGRADE,
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling();
      await session.join();
      const candidate = await t.candidate(session);
      await candidate.send("2probe");
      await candidate.expect("3probe");
      await session.send('42["message","between"]');
      await candidate.send("5");
      await candidate.expect('42["message-back","between"]');
    },
  },
  {
    name: "before the upgrade packet, packets of the server go over polling",
    source: UPGRADE,
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling();
      await session.join();
      const candidate = await t.candidate(session);
      await candidate.send("2probe");
      await candidate.expect("3probe");
      await session.send('42["message","still here"]');
      await session.expect('42["message-back","still here"]');
      await candidate.send("5", '42["message","there"]');
      await candidate.expect('42["message-back","there"]');
    },
  },
  {
    name: "a poll that waits while the session moves is answered without a message",
    source: UPGRADE,
    ways: WRITTEN_POLLING,
    async run(t) {
      const session = await t.openPolling();
      await session.join();
      const candidate = await t.candidate(session);
      await candidate.send("2probe");
      await candidate.expect("3probe");
      const poll = await t.park(session);
      await candidate.send("5");
      const { status, body } = await poll.answer;
      assert.equal(status, 200);
      assert.match(body, /^[16]$/); // a noop, or a close packet of the transport
      await candidate.send('42["message","moved"]');
      await candidate.expect('42["message-back","moved"]');
    },
  },
  {
    name: "a candidate that begins with anything but a probe is closed, and the session stays",
    source: UPGRADE,
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling();
      await session.join();
      const candidate = await t.candidate(session);
      await candidate.send('42["message","too early"]');
      assert.deepEqual(await candidate.ended(), []);
      await session.send('42["message","still here"]');
      await session.expect('42["message-back","still here"]');
    },
  },
  {
    name: "a candidate that goes away leaves the session on polling",
    source: UPGRADE,
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling();
      await session.join();
      const candidate = await t.candidate(session);
      await candidate.send("2probe");
      await candidate.expect("3probe");
      candidate.webSocket.connection.destroy();
      await session.send('42["message","still here"]');
      await session.expect('42["message-back","still here"]');
    },
  },
  {
    name: "a candidate that does not finish in time is closed, and the session stays",
    source: UPGRADE,
    options: { upgradeTimeout: 100 },
    async run(t) {
      const session = await t.openPolling();
      await session.join();
      const candidate = await t.candidate(session);
      assert.deepEqual(await candidate.ended(), []);
      await session.send('42["message","still here"]');
      await session.expect('42["message-back","still here"]');
    },
  },
  {
    name: "a second WebSocket for a session that has moved is closed, and the session stays",
    source: SINGLE,
    async run(t) {
      const session = await t.openPolling();
      const moved = await t.upgrade(session);
      await moved.join();
      const { webSocket } = await t.tryWebSocket({ sid: session.sid });
      await assert.rejects(async () => webSocket?.text() ?? Promise.reject(new Error("refused")));
      await moved.send('42["message","still here"]');
      await moved.expect('42["message-back","still here"]');
    },
  },
  {
    name: "a second candidate beside the first is closed, and the first goes on",
    source: SINGLE,
    async run(t) {
      const session = await t.openPolling();
      await session.join();
      const first = await t.candidate(session);
      await first.send("2probe");
      await first.expect("3probe");
      const { webSocket } = await t.tryWebSocket({ sid: session.sid });
      await assert.rejects(async () => webSocket?.text() ?? Promise.reject(new Error("refused")));
      await first.send("5", '42["message","moved"]');
      await first.expect('42["message-back","moved"]');
    },
  },
  {
    name: "the heartbeat goes on over the WebSocket",
    source: UPGRADE,
    options: { pingInterval: 400, pingTimeout: 3000 },
    async run(t) {
      const session = await t.openPolling();
      const moved = await t.upgrade(session);
      for (let count = 0; count < 2; count++) {
        await moved.expect("2");
        await moved.send("3");
      }
    },
  },
];
