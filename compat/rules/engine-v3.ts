// Engine.IO, revision 3, which servers speak when they are told to (the option allowEIO3).

import assert from "node:assert/strict";
import { joinBytes, joinText, splitText } from "../../test/support/payload-v3.ts";
import type { Rule } from "./rule.ts";
import { readOpen } from "./session.ts";
import { EACH_TRANSPORT, EVERY_WAY, POLLING, WEBSOCKET, WRITTEN_POLLING } from "./ways.ts";

const SESSION = "Engine.IO protocol 3, Anatomy of an Engine.IO session";
const PACKET = "Engine.IO protocol 3, Encoding, Packet";
const PAYLOAD = "Engine.IO protocol 3, Encoding, Payload";
const TIMEOUTS = "Engine.IO protocol 3, Timeouts";
const UPGRADING = "Engine.IO protocol 3, Transport upgrading";
const V3 = { EIO: "3" };
const BINARY = { "Content-Type": "application/octet-stream" };
const BYTES = Buffer.from([0, 1, 2, 30, 127, 128, 255]);
const options = { allowEIO3: true };

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
    name: "revision 3: payloads of text tell the length of each packet",
    source: PAYLOAD,
    options,
    ways: POLLING,
    async run(t) {
      const { status, headers, body } = await t.http({ ...V3, b64: "1" });
      assert.equal(status, 200);
      assert.match(headers["content-type"] ?? "", /^text\/plain/);
      const [open] = splitText(body);
      readOpen(open);
      assert.ok(body.startsWith(`${open?.length}:0{`), body);
    },
  },
  {
    name: "revision 3: the length counts characters, not bytes",
    source: PAYLOAD,
    options,
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling(V3);
      await session.expect("40");
      assert.equal((await session.post('19:42["message","ä€é"]')).status, 200);
      const { body } = await session.poll();
      assert.equal(body, '24:42["message-back","ä€é"]');
    },
  },
  {
    name: "revision 3: a client without b64 gets payloads of bytes where there are bytes",
    source: PAYLOAD,
    options,
    ways: POLLING,
    async run(t) {
      const { bytes } = await t.http(V3);
      // The open packet is text, which comes as 0, the digits of the length, 255 and the packet,
      // or as a payload of text.
      const isBytes = bytes[0] === 0;
      const open = isBytes
        ? `${bytes.subarray(bytes.indexOf(255) + 1)}`.replace(/\}.*$/s, "}")
        : splitText(`${bytes}`)[0];
      const session = t.polling(readOpen(open), V3);
      const body = joinBytes('451-["message",{"_placeholder":true,"num":0}]', typed(BYTES));
      const posted = await session.request("POST", { body, headers: BINARY });
      assert.equal((await posted.answer).body, "ok");
      const event = '451-["message-back",{"_placeholder":true,"num":0}]';
      const wanted = joinBytes(event, typed(BYTES));
      let polled = await session.poll();
      if (!polled.bytes.includes(event)) {
        polled = await session.poll(); // the first brought the CONNECT packet alone
      }
      assert.match(polled.headers["content-type"] ?? "", /^application\/octet-stream/);
      assert.deepEqual(polled.bytes.subarray(-wanted.length), wanted);
    },
  },
  {
    name: "revision 3: a client with b64 gets bytes as base64 behind b4",
    source: PAYLOAD,
    options,
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling(V3);
      await session.expect("40");
      await session.send('451-["message",{"_placeholder":true,"num":0}]', BYTES);
      const { body } = await session.poll();
      assert.deepEqual(splitText(body), [
        '451-["message-back",{"_placeholder":true,"num":0}]',
        `b4${BYTES.toString("base64")}`,
      ]);
    },
  },
  {
    name: "revision 3: several packets of one payload are handled in their order",
    source: PAYLOAD,
    options,
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling(V3);
      await session.expect("40");
      await session.send('42["message",1]', '42["message",2]');
      await session.expect('42["message-back",1]', '42["message-back",2]');
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
    name: "revision 3: the pong carries on what the ping carried, or nothing",
    source: TIMEOUTS,
    options,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open(V3);
      await session.expect("40");
      await session.send("2abc");
      assert.match(await session.text(), /^3(abc)?$/);
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
  {
    name: "revision 3: JSONP wraps the payload in a call",
    source: "Engine.IO protocol 3, Transports, Polling, JSONP",
    options,
    ways: POLLING,
    async run(t) {
      const { status, body } = await t.http({ ...V3, j: "7" });
      assert.equal(status, 200);
      readOpen(splitText(unwrap(body))[0]);
    },
  },
  {
    name: "revision 3: JSONP posts its payload as the form field d",
    source: "Engine.IO protocol 3, Transports, Polling, JSONP",
    options,
    ways: POLLING,
    async run(t) {
      const query = { ...V3, j: "7" };
      const opened = await t.http(query);
      const { sid } = readOpen(splitText(unwrap(opened.body))[0]);
      const body = `${new URLSearchParams({ d: joinText('42["message","a b&c+d=ä"]') })}`;
      const headers = { "Content-Type": "application/x-www-form-urlencoded" };
      const posted = await t.http({ ...query, sid }, { method: "POST", body, headers });
      assert.deepEqual([posted.status, posted.body], [200, "ok"]);
      const received: string[] = [];
      while (received.at(-1)?.startsWith("42") !== true) {
        received.push(...splitText(unwrap((await t.http({ ...query, sid })).body)));
      }
      assert.equal(received.at(-1), '42["message-back","a b&c+d=ä"]');
    },
  },
];

/** A binary message of revision 3: its type is a byte in front. */
function typed(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([4]), bytes]);
}

/** The payload in an answer of JSONP. */
function unwrap(body: string): string {
  const payload = /^___eio\[7\]\((".*")\);$/s.exec(body)?.[1];
  assert.ok(payload !== undefined, body);
  return JSON.parse(payload) as string;
}
