// Socket.IO, revision 5: events and acknowledgements with bytes.

import assert from "node:assert/strict";
import type { Rule } from "./rule.ts";
import { EACH_TRANSPORT, EVERY_WAY } from "./ways.ts";

const BINARY = "Socket.IO protocol 5, Packet encoding, Format";
const DATA = "Socket.IO protocol 5, Exchange protocol, Sending and receiving data";
const ACK = "Socket.IO protocol 5, Exchange protocol, Acknowledgement";
const FIRST = Buffer.from([1, 2, 3]);
const SECOND = Buffer.from([0, 30, 255]);
const PLACE_0 = '{"_placeholder":true,"num":0}';
const PLACE_1 = '{"_placeholder":true,"num":1}';

export const BINARY_RULES: readonly Rule[] = [
  {
    name: "a BINARY_EVENT is followed by its attachment, in both directions",
    source: DATA,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send(`451-["message",${PLACE_0}]`, FIRST);
      await session.expect(`451-["message-back",${PLACE_0}]`, FIRST);
    },
  },
  {
    name: "attachments come in the order of their numbers",
    source: BINARY,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send(`452-["message",{"a":${PLACE_0}},[${PLACE_1}]]`, FIRST, SECOND);
      await session.expect(`452-["message-back",{"a":${PLACE_0}},[${PLACE_1}]]`, FIRST, SECOND);
    },
  },
  {
    name: "a number names its attachment, wherever it stands",
    source: BINARY,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send(`452-["message",${PLACE_1},${PLACE_0}]`, FIRST, SECOND);
      await session.expect(`452-["message-back",${PLACE_0},${PLACE_1}]`, SECOND, FIRST);
    },
  },
  {
    name: "an empty attachment arrives",
    source: BINARY,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.join();
      const empty = Buffer.alloc(0);
      await session.send(`451-["message",${PLACE_0}]`, empty);
      await session.expect(`451-["message-back",${PLACE_0}]`, empty);
    },
  },
  {
    name: "attachments may come in requests or frames of their own",
    source: BINARY,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send(`452-["message",${PLACE_0},${PLACE_1}]`);
      await session.send(FIRST);
      await session.send(SECOND);
      await session.expect(`452-["message-back",${PLACE_0},${PLACE_1}]`, FIRST, SECOND);
    },
  },
  {
    name: "a BINARY_EVENT of a namespace has its name behind the count",
    source: BINARY,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.join("/dynamic-1");
      await session.send(`451-/dynamic-1,["message",${PLACE_0}]`, FIRST);
      await session.expect(`451-/dynamic-1,["message-back",${PLACE_0}]`, FIRST);
    },
  },
  {
    name: "a BINARY_EVENT with an id is answered with a BINARY_ACK",
    source: ACK,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send(`452-789["message-with-ack",${PLACE_0},"x",${PLACE_1}]`, FIRST, SECOND);
      await session.expect(`462-789[${PLACE_0},"x",${PLACE_1}]`, FIRST, SECOND);
    },
  },
  {
    name: "a BINARY_EVENT whose answer has no bytes is answered with an ACK",
    source: ACK,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send(`452-14["sizes",${PLACE_0},${PLACE_1}]`, FIRST, Buffer.alloc(70_000));
      await session.expect("4314[3,70000]");
    },
  },
  {
    name: "an EVENT whose answer has bytes is answered with a BINARY_ACK",
    source: ACK,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.join("/dynamic-1");
      await session.send('4215["bytes"]', '42/dynamic-1,16["bytes"]');
      const bytes = Buffer.from([1, 2, 3, 4]);
      await session.expect(`461-15[${PLACE_0}]`, bytes, `461-/dynamic-1,16[${PLACE_0}]`, bytes);
    },
  },
  {
    name: "the client's BINARY_ACK brings its attachments",
    source: ACK,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send('42["ask"]');
      const id = /^42(\d+)\[/.exec(await session.text())?.[1];
      await session.send(`461-${id}[${PLACE_0}]`, SECOND);
      await session.expect(`451-["answered",${PLACE_0}]`, SECOND);
    },
  },
  {
    name: "events behind a BINARY_EVENT stay behind it",
    source: BINARY,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send(`451-["message",${PLACE_0}]`, FIRST, '42["message","next"]');
      await session.expect(`451-["message-back",${PLACE_0}]`, FIRST, '42["message-back","next"]');
    },
  },
  {
    name: "attachments move with their event from polling to WebSocket",
    source: BINARY,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.openPolling();
      await session.join();
      await session.send(`452-["message",${PLACE_0},${PLACE_1}]`, FIRST);
      const moved = await t.upgrade(session);
      await moved.send(SECOND);
      await moved.expect(`452-["message-back",${PLACE_0},${PLACE_1}]`, FIRST, SECOND);
    },
  },
  {
    name: "text where an attachment is due ends the session",
    source: BINARY,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send(`451-["message",${PLACE_0}]`, '42["message","instead"]');
      assert.deepEqual(await session.ended(), []);
    },
  },
  {
    name: "an attachment that no event announced ends the session",
    source: BINARY,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send(FIRST);
      assert.deepEqual(await session.ended(), []);
    },
  },
  {
    name: "a placeholder of an attachment that does not come ends the session",
    source: BINARY,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send('451-["message",{"_placeholder":true,"num":9}]', FIRST);
      assert.deepEqual(await session.ended(), []);
    },
  },
];
