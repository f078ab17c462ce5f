// Socket.IO, revision 5: joining namespaces.

import assert from "node:assert/strict";
import type { Rule } from "./rule.ts";
import { EACH_TRANSPORT, EVERY_WAY } from "./ways.ts";

const CONNECT = "Socket.IO protocol 5, Exchange protocol, Connection to a namespace";
const HISTORY = "Socket.IO protocol 5, History, Difference between v5 and v4";

export const CONNECT_RULES: readonly Rule[] = [
  {
    name: "nothing is sent before the client asks for a namespace",
    source: CONNECT,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.send("40/custom,");
      assert.match(await session.text(), /^40\/custom,\{/);
    },
  },
  {
    name: "CONNECT without a payload is answered with CONNECT and an id",
    source: CONNECT,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.send("40");
      const answer = await session.text();
      assert.match(answer, /^40\{/);
      const content = JSON.parse(answer.slice(2)) as { sid: unknown };
      assert.deepEqual(Object.keys(content), ["sid"]);
      assert.equal(typeof content.sid, "string");
    },
  },
  {
    name: "the id of a socket is not the id of the session",
    source: HISTORY,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      assert.notEqual(await session.join(), session.sid);
    },
  },
  {
    name: "sockets of one session in two namespaces have ids of their own",
    source: CONNECT,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      const main = await session.join();
      const custom = await session.join("/custom");
      assert.notEqual(main, custom);
    },
  },
  {
    name: "the payload of CONNECT is the socket's auth",
    source: CONNECT,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.join("", '{"token":"abc","list":[1,null]}');
      await session.send('421["auth"]');
      await session.expect('431[{"token":"abc","list":[1,null]}]');
    },
  },
  {
    name: "without a payload, the socket's auth is an empty object",
    source: CONNECT,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send('421["auth"]');
      await session.expect("431[{}]");
    },
  },
  {
    name: "CONNECT to another namespace is answered there, before its events",
    source: CONNECT,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.join("/custom", '{"token":"abc"}');
      await session.expect('42/custom,["auth",{"token":"abc"}]');
    },
  },
  {
    name: "CONNECT to an unknown namespace is answered with CONNECT_ERROR",
    source: CONNECT,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.send("40/random");
      await session.expect('44/random,{"message":"Invalid namespace"}');
    },
  },
  {
    name: "a comma behind the name of an unknown namespace changes nothing",
    source: "Socket.IO protocol 5, Packet encoding, Format",
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.send("40/random,");
      await session.expect('44/random,{"message":"Invalid namespace"}');
    },
  },
  {
    name: "CONNECT_ERROR of a middleware has its message and its data",
    source: CONNECT,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.send("40/refused,");
      await session.expect('44/refused,{"message":"not here","data":{"why":"a rule"}}');
    },
  },
  {
    name: "CONNECT_ERROR of a middleware without data has its message alone",
    source: CONNECT,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.send("40/forbidden,");
      await session.expect('44/forbidden,{"message":"Not authorized"}');
    },
  },
  {
    name: "a session whose CONNECT was refused can join another namespace",
    source: CONNECT,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.send("40/refused,");
      await session.text();
      await session.join();
    },
  },
  {
    name: "a namespace that a pattern names is made when it is asked for",
    source: CONNECT,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.join("/dynamic-101");
      await session.send('42/dynamic-101,["message",1]');
      await session.expect('42/dynamic-101,["message-back",1]');
    },
  },
  {
    name: "the path of CONNECT may come with its name alone",
    source: "Socket.IO protocol 5, Packet encoding, Format",
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.send("40/,");
      assert.match(await session.text(), /^40\{"sid"/);
    },
  },
  {
    name: "a client of another namespace is not in the main one",
    source: HISTORY,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.join("/dynamic-1");
      await session.send('42["message",1]');
      assert.deepEqual(await session.ended(), []);
    },
  },
  {
    name: "the query of the session is the socket's, in every namespace",
    source: HISTORY,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open({ color: "blue" });
      await session.join("/custom");
      await session.expect('42/custom,["auth",{}]');
      await session.send('42/custom,7["query"]');
      assert.match(await session.text(), /^43\/custom,7\[.*"color":"blue"/);
    },
  },
  {
    name: "a client that joins no namespace in time is closed",
    source: "Socket.IO protocol 5, Exchange protocol, Connection to a namespace",
    options: { connectTimeout: 100 },
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      assert.deepEqual(await session.ended(), []);
    },
  },
  {
    name: "a client whose only CONNECT is refused is closed in time",
    source: "Socket.IO protocol 5, Exchange protocol, Connection to a namespace",
    options: { connectTimeout: 300 },
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.send("40/refused,");
      assert.match(await session.text(), /^44\/refused,/);
      assert.deepEqual(await session.ended(), []);
    },
  },
];
