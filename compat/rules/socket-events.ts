// Socket.IO, revision 5: events and acknowledgements.

import assert from "node:assert/strict";
import type { Rule } from "./rule.ts";
import { EACH_TRANSPORT, EVERY_WAY, POLLING, WEBSOCKET } from "./ways.ts";

const EVENT = "Socket.IO protocol 5, Exchange protocol, Sending and receiving data";
const ACK = "Socket.IO protocol 5, Exchange protocol, Acknowledgement";
const FORMAT = "Socket.IO protocol 5, Packet encoding, Format";
const ENCODING = "Socket.IO protocol 5, Packet encoding";

export const EVENT_RULES: readonly Rule[] = [
  {
    name: "an EVENT has its name and its arguments in an array",
    source: EVENT,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send('42["message",1,"2",{"3":[true]}]');
      await session.expect('42["message-back",1,"2",{"3":[true]}]');
    },
  },
  {
    name: "an EVENT may have no arguments",
    source: EVENT,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send('42["message"]');
      await session.expect('42["message-back"]');
    },
  },
  {
    name: "null, numbers, empty texts, arrays and objects come back as they went",
    source: EVENT,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send('42["message",null,0,-1.5,1e+21,"",[],{},[[]],"\\"\\\\\\n"]');
      await session.expect('42["message-back",null,0,-1.5,1e+21,"",[],{},[[]],"\\"\\\\\\n"]');
    },
  },
  {
    name: "an EVENT may have a number for its name",
    source: FORMAT,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send('42[7,"seven"]');
      await session.expect('42["message-back","seven"]');
    },
  },
  {
    name: "an EVENT nobody listens to changes nothing",
    source: EVENT,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send('42["nobody listens",1]', '42["message",2]');
      await session.expect('42["message-back",2]');
    },
  },
  {
    name: "an EVENT of a namespace has its name in front",
    source: ENCODING,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.join("/dynamic-1");
      await session.send('42/dynamic-1,["message",1]');
      await session.expect('42/dynamic-1,["message-back",1]');
    },
  },
  {
    name: "events of several namespaces share a session",
    source: EVENT,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.join("/dynamic-1");
      await session.send('42["message",1]', '42/dynamic-1,["message",2]', '42["message",3]');
      await session.expect(
        '42["message-back",1]',
        '42/dynamic-1,["message-back",2]',
        '42["message-back",3]',
      );
    },
  },
  {
    name: "a name with a number at its end is told from an id",
    source: ENCODING,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.join("/dynamic-12");
      await session.send('42/dynamic-12,34["message-with-ack","x"]');
      await session.expect('43/dynamic-12,34["x"]');
    },
  },
  {
    name: "an EVENT with an id is answered with an ACK of that id",
    source: ACK,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send('42456["message-with-ack",1,"2",{"3":[false]}]');
      await session.expect('43456[1,"2",{"3":[false]}]');
    },
  },
  {
    name: "an ACK may have no arguments",
    source: ACK,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send('420["message-with-ack"]');
      await session.expect("430[]");
    },
  },
  {
    name: "an ACK of a namespace has its name in front",
    source: ACK,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.join("/dynamic-1");
      await session.send('42/dynamic-1,7["message-with-ack","x"]');
      await session.expect('43/dynamic-1,7["x"]');
    },
  },
  {
    name: "two events of the same id are both answered",
    source: ACK,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send('421["message-with-ack","a"]', '421["message-with-ack","b"]');
      await session.expect('431["a"]', '431["b"]');
    },
  },
  {
    name: "the server's EVENT that asks for an ACK has an id, and takes the ACK",
    source: ACK,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send('42["ask","ready?"]');
      const question = await session.text();
      const id = /^42(\d+)\["question","ready\?"\]$/.exec(question)?.[1];
      assert.ok(id !== undefined, question);
      await session.send(`43${id}["yes",1]`);
      await session.expect('42["answered","yes",1]');
    },
  },
  {
    name: "each question of the server has an id of its own, and ACKs may come in any order",
    source: ACK,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send('42["ask","a"]', '42["ask","b"]');
      const ids: string[] = [];
      for (const name of ["a", "b"]) {
        const question = await session.text();
        assert.ok(question.endsWith(`["question","${name}"]`), question);
        ids.push(/^42(\d+)\[/.exec(question)?.[1] ?? "");
      }
      assert.notEqual(ids[0], ids[1]);
      await session.send(`43${ids[1]}["to b"]`, `43${ids[0]}["to a"]`);
      await session.expect('42["answered","to b"]', '42["answered","to a"]');
    },
  },
  {
    name: "an ACK counts once",
    source: ACK,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send('42["ask"]');
      const id = /^42(\d+)\[/.exec(await session.text())?.[1];
      await session.send(`43${id}["once"]`, `43${id}["twice"]`, '42["message","then"]');
      await session.expect('42["answered","once"]', '42["message-back","then"]');
    },
  },
  {
    name: "an ACK of an unknown id changes nothing",
    source: ACK,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send('43999["what?"]', '42["message",1]');
      await session.expect('42["message-back",1]');
    },
  },
  {
    name: "a hundred events of one payload are answered in their order",
    source: EVENT,
    ways: [...POLLING, ...WEBSOCKET].filter(({ name }) => !name.includes("byte by byte")),
    async run(t) {
      const session = await t.open();
      await session.join();
      const numbers = Array.from({ length: 100 }, (_, index) => index);
      await session.send(...numbers.map((index) => `42["message",${index}]`));
      await session.expect(...numbers.map((index) => `42["message-back",${index}]`));
    },
  },
];
