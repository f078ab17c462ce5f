// Socket.IO, revision 5: packets that should not be.

import assert from "node:assert/strict";
import type { Rule } from "./rule.ts";
import { EACH_TRANSPORT, EVERY_WAY } from "./ways.ts";

const FORMAT = "Socket.IO protocol 5, Packet encoding, Format";
const DATA = "Socket.IO protocol 5, Exchange protocol, Sending and receiving data";
const CONNECT = "Socket.IO protocol 5, Exchange protocol, Connection to a namespace";

const NO_PAYLOAD = "it handles the EVENT, under the name undefined";

/** What ends the session of a client that is in the main namespace. */
const FAULTS: readonly (readonly [name: string, source: string, ...packets: string[]])[] = [
  ["a message of an unknown type", FORMAT, "4abc"],
  ["a message with a digit that is no type", FORMAT, "49"],
  ["a message without a packet", FORMAT, "4"],
  ["an EVENT whose id is no number", FORMAT, '42abc["message-with-ack",1]'],
  ["an EVENT whose payload is no array", FORMAT, "42{}"],
  ["an EVENT whose payload is a text", FORMAT, '42"message"'],
  ["an EVENT whose payload is no JSON", FORMAT, '42["message",'],
  ["an EVENT whose array is empty", FORMAT, "42[]"],
  ["an EVENT whose name is an object", FORMAT, "42[{}]"],
  ["an EVENT whose name is null", FORMAT, "42[null]"],
  ["an EVENT with a reserved name", FORMAT, '42["disconnect"]'],
  ["an EVENT named connect_error", FORMAT, '42["connect_error"]'],
  ["an ACK whose payload is no array", FORMAT, "431{}"],
  ["a DISCONNECT with a payload", FORMAT, "41{}"],
  ["a CONNECT_ERROR of the client", CONNECT, '44{"message":"no"}'],
  ["a second CONNECT to the same namespace", CONNECT, "40"],
  ["a CONNECT whose payload is a text", CONNECT, '40/custom,"text"'],
  ["a CONNECT whose payload is no JSON", CONNECT, "40/custom,{"],
  ["an EVENT for a namespace that was not joined", CONNECT, '42/custom,["message",1]'],
  ["an ACK for a namespace that was not joined", CONNECT, "43/custom,1[]"],
  ["a DISCONNECT for a namespace that was not joined", CONNECT, "41/custom,"],
  ["a BINARY_EVENT without its count", FORMAT, '45["message",{"_placeholder":true,"num":0}]'],
  ["a BINARY_EVENT whose count is no number", FORMAT, '45x-["message"]'],
  ["a BINARY_EVENT whose count has no end", FORMAT, "451"],
];

const IN_NAMESPACE: readonly Rule[] = FAULTS.map(([name, source, ...packets]) => ({
  name: `${name} ends the session`,
  source,
  ways: EACH_TRANSPORT,
  async run(t) {
    const session = await t.open();
    await session.join();
    await session.send(...packets);
    assert.deepEqual(await session.ended(), []);
  },
}));

export const FAULT_RULES: readonly Rule[] = [
  ...IN_NAMESPACE,
  {
    name: "an EVENT before CONNECT ends the session",
    source: CONNECT,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.send('42["message",1]');
      assert.deepEqual(await session.ended(), []);
    },
  },
  {
    name: "a malformed packet before CONNECT ends the session",
    source: CONNECT,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.send("4abc");
      assert.deepEqual(await session.ended(), []);
    },
  },
  {
    name: "an EVENT without a payload ends the session",
    source: DATA,
    ways: EACH_TRANSPORT,
    not: {
      "socket.io on Node": NO_PAYLOAD,
      "socket.io on Bun": NO_PAYLOAD,
      "bun-engine": NO_PAYLOAD,
    },
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send("42");
      assert.deepEqual(await session.ended(), []);
    },
  },
  {
    name: "a DISCONNECT before CONNECT ends the session",
    source: CONNECT,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.send("41");
      assert.deepEqual(await session.ended(), []);
    },
  },
  {
    name: "a malformed packet tells the socket of a parse error",
    source: FORMAT,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      const id = await session.join();
      await session.send("42{}");
      await session.ended();
      const witness = await t.openWebSocket();
      await witness.join();
      await witness.send(`421["why gone","${id}"]`);
      // Over both transports the parser of Socket.IO closes what carries it.
      assert.match(await witness.text(), /^431\["(parse error|forced close|transport close)"\]$/);
    },
  },
  {
    name: "packets behind a malformed one are not handled",
    source: FORMAT,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send("42{}", '42["message","late"]');
      assert.deepEqual(await session.ended(), []);
    },
  },
  {
    name: "the malformed packet of one client leaves others alone",
    source: FORMAT,
    ways: EACH_TRANSPORT,
    async run(t) {
      const other = await t.open();
      await other.join();
      const session = await t.open();
      await session.join();
      await session.send("42{}");
      await session.ended();
      await other.send('42["message",1]');
      await other.expect('42["message-back",1]');
    },
  },
];
