// Engine.IO, revision 3, which servers speak when they are told to (the option allowEIO3).

import assert from "node:assert/strict";
import { splitText } from "../../test/support/payload-v3.ts";
import type { Rule } from "./rule.ts";
import { readOpen } from "./session.ts";
import { EACH_TRANSPORT, EVERY_WAY, POLLING, WEBSOCKET, WRITTEN_POLLING } from "./ways.ts";

const SESSION = "Engine.IO protocol 3, Anatomy of an Engine.IO session";
const PACKET = "Engine.IO protocol 3, Encoding, Packet";
const TIMEOUTS = "Engine.IO protocol 3, Timeouts";
const UPGRADING = "Engine.IO protocol 3, Transport upgrading";
const V3 = { EIO: "3" };
const BYTES = Buffer.from([0, 1, 2, 30, 127, 128, 255]);
const options = { allowEIO3: true };
const IGNORES_CLOSE = "it ignores a close packet over WebSocket";
const NO_REVISION_3 = "it does not speak revision 3";
const BARE_PONG = "its pong is empty, but for that of a probe";

export const OLD_ENGINE_RULES: readonly Rule[] = [
  {
    name: "revision 3: the first packet is an open packet, and CONNECT follows by itself",
    source: SESSION,
    options: { ...options, pingInterval: 20_000, pingTimeout: 15_000 },
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open(V3);
      const { sid, pingInterval, pingTimeout, upgrades } = session.open;
      assert.equal(typeof sid, "string");
      assert.deepEqual([pingInterval, pingTimeout], [20_000, 15_000]);
      assert.deepEqual(upgrades, t.way.transport === "polling" ? ["websocket"] : []);
    },
  },
  {
    name: "revision 3: bytes over WebSocket have the type of their packet in front",
    source: PACKET,
    options,
    ways: WEBSOCKET,
    async run(t) {
      const session = await t.openWebSocket(V3);
      await session.expect("40");
      await session.send('451-["message",{"_placeholder":true,"num":0}]', BYTES);
      await session.expect('451-["message-back",{"_placeholder":true,"num":0}]', BYTES);
    },
  },
  {
    name: "revision 3: a ping of the client is answered with a pong",
    source: TIMEOUTS,
    options,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open(V3);
      await session.expect("40");
      await session.send("2");
      await session.expect("3");
    },
  },
  {
    name: "revision 3: the pong carries on what the ping carried",
    source: PACKET,
    options,
    ways: EACH_TRANSPORT,
    not: {
      "socket.io on Node": BARE_PONG,
      "socket.io on Bun": BARE_PONG,
      "bun-engine": NO_REVISION_3,
    },
    async run(t) {
      const session = await t.open(V3);
      await session.expect("40");
      await session.send("2abc", "2", "2probe");
      await session.expect("3abc", "3", "3probe");
    },
  },
  {
    name: "revision 3: the server sends no ping, and a client that pings stays",
    source: TIMEOUTS,
    options: { ...options, pingInterval: 100, pingTimeout: 2000 },
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open(V3);
      await session.expect("40");
      for (let count = 0; count < 3; count++) {
        await new Promise((resolve) => setTimeout(resolve, 100)); // as the client's timer does
        await session.send("2");
        await session.expect("3");
      }
    },
  },
  {
    name: "revision 3: a client that sends no ping is closed",
    source: TIMEOUTS,
    options: { ...options, pingInterval: 150, pingTimeout: 150 },
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open(V3);
      assert.deepEqual(await session.ended(), ["40"]);
    },
  },
  {
    name: "revision 3: a session moves to WebSocket, and a poll that waits gets a noop",
    source: UPGRADING,
    options,
    ways: [...WRITTEN_POLLING, ...WEBSOCKET],
    async run(t) {
      const session = await t.openPolling(V3);
      await session.expect("40");
      const poll = await t.park(session);
      const candidate = await t.candidate(session);
      await candidate.send("2probe");
      await candidate.expect("3probe");
      assert.equal((await poll.answer).body, "1:6");
      await candidate.send("5", '42["message","moved"]');
      await candidate.expect('42["message-back","moved"]');
    },
  },
  {
    name: "revision 3: packets that no poll has fetched come over the WebSocket, in their order",
    source: UPGRADING,
    options,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.openPolling(V3);
      await session.expect("40");
      await session.send('42["burst",3]');
      const moved = await t.upgrade(session);
      await moved.expect('42["burst",0]', '42["burst",1]', '42["burst",2]');
    },
  },
  {
    name: "revision 3: a session that has moved takes no requests of polling",
    source: UPGRADING,
    options,
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling(V3);
      await session.expect("40");
      const moved = await t.upgrade(session);
      await moved.send('42["message","moved"]');
      await moved.expect('42["message-back","moved"]');
      assert.equal((await session.poll()).status, 400);
      assert.equal((await session.post("1:3")).status, 400);
    },
  },
  {
    name: "revision 3: answers carry the allowed origin",
    source: "Engine.IO protocol 3, Transports, Polling, XHR",
    options: { ...options, cors: { origin: "https://page.example" } },
    ways: POLLING,
    async run(t) {
      const headers = { Origin: "https://page.example" };
      const opened = await t.http({ ...V3, b64: "1" }, { headers });
      const { sid } = readOpen(splitText(opened.body)[0]);
      const posted = await t.http({ ...V3, sid }, { method: "POST", body: "1:2", headers });
      const polled = await t.http({ ...V3, sid }, { headers });
      for (const { status, headers: received } of [opened, posted, polled]) {
        assert.equal(status, 200);
        assert.equal(received["access-control-allow-origin"], "https://page.example");
      }
    },
  },
  {
    name: "revision 3: a close packet ends the session",
    source: PACKET,
    options,
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling(V3);
      await session.send("1");
      assert.equal((await session.poll()).status, 400);
    },
  },
  {
    name: "revision 3: a close packet over WebSocket ends the session",
    source: PACKET,
    options,
    ways: WEBSOCKET,
    not: {
      "socket.io on Node": IGNORES_CLOSE,
      "socket.io on Bun": IGNORES_CLOSE,
      "bun-engine": NO_REVISION_3,
    },
    async run(t) {
      const session = await t.openWebSocket(V3);
      await session.expect("40");
      await session.send("1", '42["message","late"]');
      assert.deepEqual(await session.ended(), []);
    },
  },
  {
    name: "revision 3: a session keeps its revision",
    source: SESSION,
    options,
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling(V3);
      const { status, body } = await t.http({ EIO: "4", sid: session.sid });
      assert.deepEqual([status, JSON.parse(body)], [400, { code: 3, message: "Bad request" }]);
    },
  },
];
