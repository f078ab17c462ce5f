// Engine.IO, revision 4: the requests of long-polling.

import assert from "node:assert/strict";
import type { Rule } from "./rule.ts";
import { POLLING, WRITTEN_POLLING } from "./ways.ts";

const SENDING =
  "Engine.IO protocol 4, Transports, HTTP long-polling, Sending and receiving data, Sending data";
const RECEIVING =
  "Engine.IO protocol 4, Transports, HTTP long-polling, Sending and receiving data, Receiving data";
const HEADERS = "Engine.IO protocol 4, Transports, HTTP long-polling, Headers";
const LIMIT = "Engine.IO protocol 4, Protocol, Handshake";

export const POLLING_RULES: readonly Rule[] = [
  {
    name: "a POST is answered with status 200 and ok",
    source: SENDING,
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling();
      const { status, body } = await session.post("40");
      assert.deepEqual([status, body], [200, "ok"]);
    },
  },
  {
    name: "a poll waits until there is a packet for it",
    source: RECEIVING,
    ways: WRITTEN_POLLING,
    async run(t) {
      const session = await t.openPolling();
      const { answer } = await t.park(session);
      await session.send("40");
      const { status, body } = await answer;
      assert.equal(status, 200);
      assert.match(body, /^40\{"sid":"[^"]+"\}$/);
    },
  },
  {
    name: "packets that wait for a poll come together, in their order",
    source: RECEIVING,
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling();
      await session.join();
      await session.send('42["burst",3]');
      const { body } = await session.poll();
      assert.equal(body, '42["burst",0]\x1e42["burst",1]\x1e42["burst",2]');
    },
  },
  {
    name: "a packet is delivered in one poll only",
    source: RECEIVING,
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling();
      await session.join();
      await session.send('42["message",1]');
      await session.expect('42["message-back",1]');
      await session.send('42["message",2]');
      await session.expect('42["message-back",2]');
    },
  },
  {
    name: "packets of text are answered as text/plain in UTF-8",
    source: HEADERS,
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling();
      await session.join();
      await session.send('42["message","ä€😀"]');
      const { headers, body } = await session.poll();
      assert.match(headers["content-type"] ?? "", /^text\/plain; ?charset=utf-8$/i);
      assert.equal(body, '42["message-back","ä€😀"]');
    },
  },
  {
    name: "a body without a Content-Type is taken as text",
    source: HEADERS,
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling();
      const body = Buffer.from("40");
      const { answer } = await session.request("POST", { body });
      assert.equal((await answer).status, 200);
      assert.match(await session.text(), /^40\{/);
    },
  },
  {
    name: "a binary body is refused, as revision 4 has none over polling",
    source: "Engine.IO protocol 4, History, From v3 to v4",
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling();
      const headers = { "Content-Type": "application/octet-stream" };
      const { answer } = await session.request("POST", { body: "40", headers });
      assert.equal((await answer).status, 400);
      assert.deepEqual(await session.ended(), []);
    },
  },
  {
    name: "a second poll beside one that waits is refused with status 400 and ends the session",
    source: RECEIVING,
    ways: WRITTEN_POLLING,
    async run(t) {
      const session = await t.openPolling();
      const first = await t.park(session);
      const { status } = await session.poll();
      assert.equal(status, 400);
      const { status: firstStatus, body } = await first.answer;
      assert.deepEqual([firstStatus, body], [200, "1"]); // a close packet
      assert.deepEqual(await session.ended(), []);
    },
  },
  {
    name: "a second POST beside one that is under way is refused and ends the session",
    source: SENDING,
    async run(t) {
      const session = await t.openPolling();
      const path = t.path({ sid: session.sid });
      const slow = t.connect();
      slow.write(`POST ${path} HTTP/1.1\r\nHost: ${t.host}\r\nContent-Length: 10\r\n\r\n4`);
      await t.settle();
      const { status } = await session.post("40");
      assert.equal(status, 400);
      assert.deepEqual(await session.ended(), []);
    },
  },
  {
    name: "the halves of a POST may come apart, with a poll in between",
    source: SENDING,
    async run(t) {
      const session = await t.openPolling();
      await session.join();
      const body = '42["message","halves"]';
      const slow = t.connect();
      const head = `POST ${t.path({ sid: session.sid })} HTTP/1.1\r\nHost: ${t.host}\r\n`;
      slow.write(`${head}Content-Length: ${body.length}\r\n\r\n${body.slice(0, 9)}`);
      await t.settle();
      const poll = await t.park(session);
      slow.write(body.slice(9));
      assert.equal((await slow.response()).body, "ok");
      assert.equal((await poll.answer).body, '42["message-back","halves"]');
    },
  },
  {
    name: "a body as large as maxPayload is taken",
    source: LIMIT,
    options: { maxHttpBufferSize: 1000 },
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling();
      await session.join();
      const text = "x".repeat((session.open.maxPayload ?? 0) - '42["message",""]'.length);
      await session.send(`42["message","${text}"]`);
      await session.expect(`42["message-back","${text}"]`);
    },
  },
  {
    name: "a larger body is refused with status 413",
    source: LIMIT,
    options: { maxHttpBufferSize: 1000 },
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling();
      const { status } = await session.post("4".repeat(1001));
      assert.equal(status, 413);
    },
  },
  {
    name: "answers may not be stored by caches",
    source: HEADERS,
    ways: POLLING,
    async run(t) {
      const { headers } = await t.http();
      assert.match(headers["cache-control"] ?? "", /no-store/);
    },
  },
  {
    name: "a client that cuts its poll ends the session",
    source: RECEIVING,
    async run(t) {
      const witness = await t.openWebSocket();
      await witness.join();
      const session = await t.openPolling();
      const id = await session.join();
      const connection = t.connect();
      connection.request("GET", t.path({ sid: session.sid }));
      await t.settle();
      connection.destroy();
      await witness.send(`421["why gone","${id}"]`);
      await witness.expect('431["transport error"]');
      assert.equal((await session.poll()).status, 400);
    },
  },
];
