// Socket.IO, revision 4, which clients of Engine.IO revision 3 speak (the option allowEIO3).

import assert from "node:assert/strict";
import type { Rule } from "./rule.ts";
import { EACH_TRANSPORT, EVERY_WAY } from "./ways.ts";

const MAIN = "Socket.IO protocol 4, Exchange protocol, Connection to the default namespace";
const OTHER = "Socket.IO protocol 4, Exchange protocol, Connection to a non-default namespace";
const TYPES = "Socket.IO protocol 4, Packet format, Packet types";
const FORMAT = "Socket.IO protocol 4, Packet encoding, Encoding format";
const ACKNOWLEDGED = "Socket.IO protocol 4, Exchange protocol, Acknowledgement";
const LEAVING =
  "Socket.IO protocol 4, Exchange protocol, Disconnection from a non-default namespace";
const V3 = { EIO: "3" };
const options = { allowEIO3: true };
const PLACE = '{"_placeholder":true,"num":0}';
const BYTES = Buffer.from([1, 2, 255]);

export const OLD_SOCKET_RULES: readonly Rule[] = [
  {
    name: "revision 4: the server connects the client to the main namespace by itself",
    source: MAIN,
    options,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open(V3);
      await session.expect("40");
      await session.send('42["message",1]');
      await session.expect('42["message-back",1]');
    },
  },
  {
    name: "revision 4: CONNECT to another namespace is answered without an id",
    source: OTHER,
    options,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open(V3);
      await session.expect("40");
      await session.send("40/dynamic-1,");
      await session.expect("40/dynamic-1,");
      await session.send('42/dynamic-1,["message",1]');
      await session.expect('42/dynamic-1,["message-back",1]');
    },
  },
  {
    name: "revision 4: CONNECT may carry a query behind the name of its namespace",
    source: OTHER,
    options,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open(V3);
      await session.expect("40");
      await session.send("40/custom?token=abc&x=y,");
      await session.expect("40/custom,", '42/custom,["auth",{"token":"abc","x":"y"}]');
    },
  },
  {
    name: "revision 4: CONNECT to an unknown namespace is answered with ERROR",
    source: TYPES,
    options,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open(V3);
      await session.expect("40");
      await session.send("40/random,");
      // The document has a text there, the servers of today an object with one.
      assert.match(await session.text(), /^44\/random,.*"Invalid namespace"/);
    },
  },
  {
    name: "revision 4: ERROR of a middleware has its data, or its message",
    source: TYPES,
    options,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open(V3);
      await session.expect("40");
      await session.send("40/refused,", "40/forbidden,");
      await session.expect('44/refused,{"why":"a rule"}', '44/forbidden,"Not authorized"');
    },
  },
  {
    name: "revision 4: an EVENT with an id is answered with an ACK",
    source: ACKNOWLEDGED,
    options,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open(V3);
      await session.expect("40");
      await session.send('4212["message-with-ack",1,"2"]');
      await session.expect('4312[1,"2"]');
    },
  },
  {
    name: "revision 4: BINARY_EVENT and BINARY_ACK bring their attachments",
    source: TYPES,
    options,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open(V3);
      await session.expect("40");
      await session.send(`451-["message",${PLACE}]`, BYTES);
      await session.expect(`451-["message-back",${PLACE}]`, BYTES);
      await session.send(`451-3["message-with-ack",${PLACE}]`, BYTES);
      await session.expect(`461-3[${PLACE}]`, BYTES);
    },
  },
  {
    name: "revision 4: a packet has its count, namespace, id and payload in this order",
    source: FORMAT,
    options,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open(V3);
      await session.expect("40");
      await session.send("40/dynamic-1,");
      await session.expect("40/dynamic-1,");
      await session.send(`451-/dynamic-1,456["message-with-ack","a",${PLACE}]`, BYTES);
      await session.expect(`461-/dynamic-1,456["a",${PLACE}]`, BYTES);
    },
  },
  {
    name: "revision 4: the server's EVENT with an id takes the ACK of the client",
    source: ACKNOWLEDGED,
    options,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open(V3);
      await session.expect("40");
      for (const [ack, answer, ...bytes] of [
        ["3", '["yes"]'],
        ["61-", `[${PLACE}]`, BYTES],
      ] as const) {
        await session.send('42["ask"]');
        const question = await session.text();
        const id = /^42(\d+)\["question"\]$/.exec(question)?.[1];
        assert.ok(id !== undefined, question);
        await session.send(`4${ack}${id}${answer}`, ...bytes);
        const type = bytes.length === 0 ? "42" : "451-";
        await session.expect(`${type}["answered",${answer.slice(1)}`, ...bytes);
      }
    },
  },
  {
    name: "revision 4: the server's DISCONNECT names the namespace, and keeps the others",
    source: LEAVING,
    options,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open(V3);
      await session.expect("40");
      await session.send("40/dynamic-1,");
      await session.expect("40/dynamic-1,");
      await session.send('42/dynamic-1,["leave"]');
      await session.expect("41/dynamic-1,");
      await session.send('42["message",1]');
      await session.expect('42["message-back",1]');
    },
  },
  {
    name: "revision 4: DISCONNECT leaves one namespace",
    source: LEAVING,
    options,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open(V3);
      await session.expect("40");
      await session.send("40/dynamic-1,");
      await session.expect("40/dynamic-1,");
      await session.send("41/dynamic-1,", '42["message",1]');
      await session.expect('42["message-back",1]');
    },
  },
  {
    name: "revision 4: the server's disconnect with closing ends the session",
    source: LEAVING,
    options,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open(V3);
      await session.expect("40");
      await session.send('42["leave and close"]');
      assert.deepEqual(await session.ended(), ["41"]);
    },
  },
  {
    name: "revision 4: a malformed packet ends the session",
    source: TYPES,
    options,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open(V3);
      await session.expect("40");
      await session.send("42{}");
      assert.deepEqual(await session.ended(), []);
    },
  },
  {
    name: "revision 4: a client of revision 5 beside it has to ask for a namespace",
    source: MAIN,
    options,
    ways: EACH_TRANSPORT,
    async run(t) {
      const old = await t.open(V3);
      await old.expect("40");
      const session = await t.open();
      await session.join();
      await session.send('42["message",1]');
      await session.expect('42["message-back",1]');
    },
  },
];
