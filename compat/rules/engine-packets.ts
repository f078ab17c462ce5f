// Engine.IO, revision 4: packets, and how they lie on the wire.

import assert from "node:assert/strict";
import { OPCODES } from "../../test/support/raw-websocket.ts";
import type { Rule } from "./rule.ts";
import { EVERY_WAY, POLLING, WEBSOCKET } from "./ways.ts";

const TYPES = "Engine.IO protocol 4, Protocol";
const ENCODING = "Engine.IO protocol 4, Packet encoding";
const POLLED = "Engine.IO protocol 4, Packet encoding, HTTP long-polling";
const FRAMED = "Engine.IO protocol 4, Packet encoding, WebSocket";
const FRAME = "Engine.IO protocol 4, Transports, WebSocket";
const MESSAGE = "Engine.IO protocol 4, Protocol, Message";
const BYTES = Buffer.from([0, 1, 2, 30, 31, 127, 128, 254, 255]);

export const PACKET_RULES: readonly Rule[] = [
  {
    name: "messages go both ways once the session is open",
    source: MESSAGE,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send('42["message","hello"]');
      await session.expect('42["message-back","hello"]');
    },
  },
  {
    name: "text outside of ASCII arrives whole",
    source: ENCODING,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send('42["message","£ ä € 😀 \\u0000 \\u001e"]');
      await session.expect('42["message-back","£ ä € 😀 \\u0000 \\u001e"]');
    },
  },
  {
    name: "several packets of one POST are handled in their order",
    source: POLLED,
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling();
      await session.join();
      await session.send('42["message",1]', '42["message",2]', '42["message",3]');
      await session.expect('42["message-back",1]', '42["message-back",2]', '42["message-back",3]');
    },
  },
  {
    name: "frames are handled in their order",
    source: FRAME,
    ways: WEBSOCKET,
    async run(t) {
      const session = await t.openWebSocket();
      await session.join();
      await session.send('42["message",1]', '42["message",2]', '42["message",3]');
      await session.expect('42["message-back",1]', '42["message-back",2]', '42["message-back",3]');
    },
  },
  {
    name: "bytes in a POST are base64 behind the letter b",
    source: POLLED,
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling();
      await session.join();
      const event = '451-["message",{"_placeholder":true,"num":0}]';
      const { body } = await session.post(`${event}\x1eb${BYTES.toString("base64")}`);
      assert.equal(body, "ok");
      await session.expect('451-["message-back",{"_placeholder":true,"num":0}]', BYTES);
    },
  },
  {
    name: "bytes in the answer to a poll are base64 behind the letter b",
    source: POLLED,
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling();
      await session.join();
      await session.send('451-["message",{"_placeholder":true,"num":0}]', BYTES);
      const { headers, body } = await session.poll();
      assert.match(headers["content-type"] ?? "", /^text\/plain/);
      const event = '451-["message-back",{"_placeholder":true,"num":0}]';
      assert.equal(body, `${event}\x1eb${BYTES.toString("base64")}`);
    },
  },
  {
    name: "bytes over WebSocket go as they are, in a binary frame",
    source: FRAMED,
    ways: WEBSOCKET,
    async run(t) {
      const session = await t.openWebSocket();
      await session.join();
      await session.send('451-["message",{"_placeholder":true,"num":0}]', BYTES);
      await session.expect('451-["message-back",{"_placeholder":true,"num":0}]', BYTES);
    },
  },
  {
    name: "each packet to the client has a frame of its own",
    source: FRAME,
    async run(t) {
      const session = await t.openWebSocket();
      await session.join();
      await session.send('42["burst",2]');
      for (const index of [0, 1]) {
        const { opcode, fin, payload } = await session.webSocket.frame();
        assert.deepEqual([opcode, fin], [OPCODES.text, true]);
        assert.equal(`${payload}`, `42["burst",${index}]`);
      }
    },
  },
  {
    name: "large messages arrive whole in both directions",
    source: MESSAGE,
    ways: EVERY_WAY.filter(({ name }) => !name.includes("byte by byte")),
    async run(t) {
      const session = await t.open();
      await session.join();
      const text = "0123456789".repeat(7000); // needs the long form of a frame's length
      await session.send(`42["message","${text}"]`);
      await session.expect(`42["message-back","${text}"]`);
    },
  },
  {
    name: "a packet of an unknown type ends the session",
    source: TYPES,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send("abc");
      assert.deepEqual(await session.ended(), []);
    },
  },
  {
    name: "a digit that is no type ends the session",
    source: TYPES,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.send("7");
      assert.deepEqual(await session.ended(), []);
    },
  },
  {
    name: "an empty packet ends the session",
    source: TYPES,
    ways: WEBSOCKET,
    async run(t) {
      const session = await t.open();
      await session.send("");
      assert.deepEqual(await session.ended(), []);
    },
  },
  {
    name: "a ping of WebSocket is answered with its payload",
    source: "RFC 6455, section 5.5.2",
    async run(t) {
      const { webSocket } = await t.openWebSocket();
      webSocket.sendFrame({ opcode: OPCODES.ping, payload: Buffer.from("are you there") });
      const { opcode, payload } = await webSocket.frame();
      assert.deepEqual([opcode, `${payload}`], [OPCODES.pong, "are you there"]);
    },
  },
  {
    name: "a pong of WebSocket that was not asked for changes nothing",
    source: "RFC 6455, section 5.5.3",
    async run(t) {
      const session = await t.openWebSocket();
      session.webSocket.sendFrame({ opcode: OPCODES.pong, payload: Buffer.from("hello") });
      await session.join();
    },
  },
  {
    name: "a frame without a mask ends the connection",
    source: "RFC 6455, section 5.1",
    async run(t) {
      const session = await t.openWebSocket();
      session.webSocket.sendFrame({ opcode: OPCODES.text, payload: Buffer.from("40") }, false);
      assert.deepEqual(await session.ended(), []);
    },
  },
  {
    name: "frames to the client have no mask",
    source: "RFC 6455, section 5.1",
    async run(t) {
      const webSocket = await t.webSocket();
      const second = await webSocket.connection.read((bytes) =>
        bytes.length < 2 ? null : { value: bytes.readUInt8(1), length: 2 },
      );
      assert.equal(second & 0x80, 0);
    },
  },
  {
    name: "text that is no UTF-8 ends the connection",
    source: "RFC 6455, section 8.1",
    async run(t) {
      const session = await t.openWebSocket();
      const payload = Buffer.from([0x34, 0x30, 0xff, 0xfe]);
      session.webSocket.sendFrame({ opcode: OPCODES.text, payload });
      assert.deepEqual(await session.ended(), []);
    },
  },
  {
    name: "a message over WebSocket that is larger than maxPayload ends the connection",
    source: "Engine.IO protocol 4, Protocol, Handshake",
    options: { maxHttpBufferSize: 1000 },
    ways: WEBSOCKET,
    async run(t) {
      const session = await t.openWebSocket();
      await session.join();
      await session.send(`42["message","${"x".repeat(1000)}"]`);
      assert.deepEqual(await session.ended(), []);
    },
  },
];
