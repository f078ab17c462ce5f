// Socket.IO, revision 5: leaving namespaces.

import assert from "node:assert/strict";
import type { Rule } from "./rule.ts";
import { EACH_TRANSPORT, EVERY_WAY } from "./ways.ts";

const DISCONNECT = "Socket.IO protocol 5, Exchange protocol, Disconnection from a namespace";

const LATE_DISCONNECT = "it handles the DISCONNECT after the CONNECT where both come at once";

export const DISCONNECT_RULES: readonly Rule[] = [
  {
    name: "the client's DISCONNECT is not answered, and the server's socket is gone",
    source: DISCONNECT,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      const id = await session.join();
      await session.join("/dynamic-1");
      await session.send("41", `42/dynamic-1,1["why gone","${id}"]`);
      await session.expect('43/dynamic-1,1["client namespace disconnect"]');
    },
  },
  {
    name: "a client that leaves one namespace stays in the other",
    source: DISCONNECT,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.join("/dynamic-1");
      await session.send("41/dynamic-1,", '42["message",1]');
      await session.expect('42["message-back",1]');
    },
  },
  {
    name: "a client may leave and join again in one go",
    source: DISCONNECT,
    ways: EVERY_WAY,
    not: {
      "socket.io on Node": LATE_DISCONNECT,
      "socket.io on Bun": LATE_DISCONNECT,
      "bun-engine": LATE_DISCONNECT,
    },
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send("41", "40");
      assert.match(await session.text(), /^40\{/);
      await session.send('42["message",1]');
      await session.expect('42["message-back",1]');
    },
  },
  {
    name: "a client that left may join again, and is another socket",
    source: DISCONNECT,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.join("/dynamic-1");
      const first = await session.join();
      await session.send("41", `42/dynamic-1,1["why gone","${first}"]`);
      await session.text();
      const second = await session.join();
      assert.notEqual(first, second);
      await session.send('42["message",1]');
      await session.expect('42["message-back",1]');
    },
  },
  {
    name: "a client that left its only namespace keeps its session",
    source: DISCONNECT,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send("41");
      await session.join("/dynamic-1");
    },
  },
  {
    name: "the server's disconnect sends DISCONNECT and keeps the session",
    source: DISCONNECT,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send('42["leave"]');
      await session.expect("41");
      await session.join();
    },
  },
  {
    name: "the server's disconnect of a namespace names it",
    source: DISCONNECT,
    ways: EACH_TRANSPORT,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.join("/dynamic-1");
      await session.send('42/dynamic-1,["leave"]');
      await session.expect("41/dynamic-1,");
      await session.send('42["message",1]');
      await session.expect('42["message-back",1]');
    },
  },
  {
    name: "the server's disconnect with closing leaves all namespaces and ends the session",
    source: DISCONNECT,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.join("/dynamic-1");
      await session.send('42["leave and close"]');
      const before = await session.ended();
      assert.deepEqual(before.sort(), ["41", "41/dynamic-1,"]);
    },
  },
];
