// Engine.IO, revision 4: how a session ends.

import assert from "node:assert/strict";
import type { Rule } from "./rule.ts";
import type { Target } from "./target.ts";
import { EACH_TRANSPORT, EVERY_WAY, POLLING, WEBSOCKET, WRITTEN_POLLING } from "./ways.ts";

const PROTOCOL = "Engine.IO protocol 4, Protocol";

const IGNORES_CLOSE = "it ignores a close packet over WebSocket";

/** Asserts with what reason the server's socket of this id has gone. */
async function assertGone(t: Target, id: string, reason: string): Promise<void> {
  const witness = await t.openWebSocket();
  await witness.join();
  await witness.send(`421["why gone","${id}"]`);
  await witness.expect(`431["${reason}"]`);
}

export const CLOSING_RULES: readonly Rule[] = [
  {
    name: "a close packet in a POST ends the session",
    source: PROTOCOL,
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling();
      const id = await session.join();
      await session.send("1");
      await assertGone(t, id, "transport close");
      const { status, body } = await session.poll();
      assert.deepEqual(
        [status, JSON.parse(body)],
        [400, { code: 1, message: "Session ID unknown" }],
      );
    },
  },
  {
    name: "a close packet ends the poll that waits with a noop",
    source: PROTOCOL,
    ways: WRITTEN_POLLING,
    async run(t) {
      const session = await t.openPolling();
      const poll = await t.park(session);
      await session.send("1");
      const { status, body } = await poll.answer;
      assert.deepEqual([status, body], [200, "6"]);
    },
  },
  {
    name: "packets behind a close packet are not handled",
    source: PROTOCOL,
    ways: POLLING,
    async run(t) {
      const witness = await t.openWebSocket();
      await witness.join();
      const session = await t.openPolling();
      const id = await session.join();
      await session.send("1", `421["why gone","${id}"]`, '42["leave and close"]');
      await assertGone(t, id, "transport close");
      assert.equal((await session.poll()).status, 400);
    },
  },
  {
    name: "a close packet over WebSocket ends the session, and what is behind it is not handled",
    source: PROTOCOL,
    ways: WEBSOCKET,
    not: {
      "socket.io on Node": IGNORES_CLOSE,
      "socket.io on Bun": IGNORES_CLOSE,
    },
    async run(t) {
      const witness = await t.openWebSocket();
      await witness.join();
      const session = await t.openWebSocket();
      const id = await session.join();
      await session.send("1", '42["message","late"]');
      assert.deepEqual(await session.ended(), []);
      await assertGone(t, id, "transport close");
    },
  },
  {
    name: "a client that closes its WebSocket ends the session",
    source: PROTOCOL,
    ways: WEBSOCKET,
    async run(t) {
      const session = await t.openWebSocket();
      const id = await session.join();
      session.webSocket.sendClose(1000);
      await assertGone(t, id, "transport close");
    },
  },
  {
    name: "a Close frame is answered with a Close frame, and the connection ends",
    source: "RFC 6455, section 5.5.1",
    async run(t) {
      const { webSocket } = await t.openWebSocket();
      webSocket.sendClose(1000);
      assert.equal(await webSocket.closeCode(), 1000);
      await webSocket.connection.closed;
    },
  },
  {
    name: "a connection that is cut ends the session",
    source: PROTOCOL,
    async run(t) {
      const session = await t.openWebSocket();
      const id = await session.join();
      session.webSocket.connection.destroy();
      await assertGone(t, id, "transport close");
    },
  },
  {
    name: "a server that closes answers the poll that waits with a close packet",
    source: PROTOCOL,
    ways: WRITTEN_POLLING,
    async run(t) {
      const session = await t.openPolling();
      await session.join();
      const poll = await t.park(session);
      await session.send('42["close the engine"]');
      const { status, body } = await poll.answer;
      assert.deepEqual([status, body], [200, "1"]);
      assert.equal((await session.poll()).status, 400);
    },
  },
  {
    name: "a server that closes its side closes the WebSocket",
    source: PROTOCOL,
    ways: WEBSOCKET,
    async run(t) {
      const session = await t.openWebSocket();
      await session.join();
      await session.send('42["close the engine"]');
      await session.webSocket.closeCode();
      session.webSocket.sendClose();
      await session.webSocket.connection.closed;
    },
  },
  {
    name: "what was sent before the close arrives",
    source: PROTOCOL,
    ways: EVERY_WAY,
    async run(t) {
      const session = await t.open();
      await session.join();
      await session.send('42["say and close"]');
      await session.expect('42["last words"]', "41");
      assert.deepEqual(await session.ended(), []);
    },
  },
  {
    name: "a session that has ended takes no POST",
    source: PROTOCOL,
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling();
      await session.send("1");
      const { status, body } = await session.post("40");
      assert.deepEqual(
        [status, JSON.parse(body)],
        [400, { code: 1, message: "Session ID unknown" }],
      );
    },
  },
  {
    name: "a session that has ended takes no WebSocket",
    source: PROTOCOL,
    async run(t) {
      const session = await t.openPolling();
      await session.send("1");
      const { webSocket } = await t.tryWebSocket({ sid: session.sid });
      await assert.rejects(async () => webSocket?.text() ?? Promise.reject(new Error("refused")));
    },
  },
  {
    name: "the end of one session leaves others alone",
    source: PROTOCOL,
    ways: EACH_TRANSPORT,
    async run(t) {
      const one = await t.open();
      const other = await t.open();
      await one.join();
      await other.join();
      await one.send('42["leave and close"]');
      await one.expect("41");
      await one.ended();
      await other.send('42["message","here"]');
      await other.expect('42["message-back","here"]');
    },
  },
];
