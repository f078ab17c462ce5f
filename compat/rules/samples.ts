// The sample sessions of the documents, request by request, as far as the server's program allows.

import assert from "node:assert/strict";
import { joinText, splitText } from "../../test/support/payload-v3.ts";
import type { RawResponse } from "../../test/support/raw.ts";
import type { Rule } from "./rule.ts";
import { readOpen, SEPARATOR } from "./session.ts";
import { WEBSOCKET } from "./ways.ts";

const TEXT = { "Content-Type": "text/plain;charset=UTF-8" };
const PLACE = '{"_placeholder":true,"num":0}';
const ATTACHMENT = Buffer.from([1, 2, 3, 4]);
const HELLO = '42["message","hello"]';
const WORLD = '42["message","world"]';
const BACK = ['42["message-back","hello"]', '42["message-back","world"]'] as const;
const V3 = { EIO: "3" };
const OLD = { allowEIO3: true };

export const SAMPLE_RULES: readonly Rule[] = [
  {
    name: "the sample session of Socket.IO 5 runs as it is written",
    source: "Socket.IO protocol 5, Sample session",
    async run(t) {
      const opened = await t.http({ t: "N8hyd6w" });
      assertText(opened);
      const { sid } = readOpen(opened.body);
      const post = (body: string): Promise<RawResponse> =>
        t.http({ sid, t: "N8hyd7H" }, { method: "POST", body, headers: TEXT });
      assertOk(await post("40"));
      const connected = await t.http({ sid });
      assertText(connected);
      assert.match(connected.body, /^40\{"sid":"[^"]+"\}$/);
      assertOk(await post(`${HELLO}${SEPARATOR}${WORLD}`));
      assert.equal((await t.http({ sid })).body, BACK.join(SEPARATOR));

      const moved = await t.upgrade(t.polling(readOpen(opened.body)));
      await moved.send(HELLO, WORLD);
      await moved.expect(...BACK);
      await moved.join("/custom");
      await moved.expect('42/custom,["auth",{}]');
      await moved.send('42/custom,1["bytes"]');
      await moved.expect(`461-/custom,1[${PLACE}]`, ATTACHMENT);
    },
  },
  {
    name: "revision 4: the sample session runs as it is written",
    source: "Socket.IO protocol 4, Sample session",
    options: OLD,
    async run(t) {
      const session = await t.openPolling(V3);
      await session.expect("40"); // in the payload of the open packet, or in the next
      await session.send(HELLO, WORLD);
      await session.expect(...BACK);
      const moved = await t.upgrade(session);
      await moved.send(HELLO, WORLD);
      await moved.expect(...BACK);
      await moved.send("40/dynamic-1,");
      await moved.expect("40/dynamic-1,");
      await moved.send('42/dynamic-1,1["bytes"]');
      await moved.expect(`461-/dynamic-1,1[${PLACE}]`, ATTACHMENT);
      await moved.send("2");
      await moved.expect("3");
    },
  },
  {
    name: "revision 3: the sample session runs as it is written",
    source: "Engine.IO protocol 3, Anatomy of an Engine.IO session, Sample session",
    options: OLD,
    async run(t) {
      const opened = await t.http({ ...V3, t: "N8hyd6w" });
      assertText(opened);
      const session = t.polling(readOpen(splitText(opened.body)[0]), V3);
      const headers = TEXT;
      const body = joinText(HELLO, WORLD);
      assertOk(await t.http({ ...V3, sid: session.sid }, { method: "POST", body, headers }));
      const packets = splitText(opened.body).slice(1);
      while (packets.length < 3) {
        const polled = await session.poll();
        assertText(polled);
        packets.push(...splitText(polled.body));
      }
      assert.deepEqual(packets, ["40", ...BACK]);

      const moved = await t.upgrade(session);
      await moved.send(HELLO, WORLD);
      await moved.expect(...BACK);
      await moved.send("2");
      await moved.expect("3");
    },
  },
  {
    name: "revision 3: the sample session of WebSocket alone runs as it is written",
    source:
      "Engine.IO protocol 3, Anatomy of an Engine.IO session, Sample session with WebSocket only",
    options: OLD,
    ways: WEBSOCKET,
    async run(t) {
      const session = await t.openWebSocket(V3);
      assert.deepEqual(session.open.upgrades, []);
      await session.expect("40");
      await session.send(HELLO, WORLD); // a frame for each, not a payload
      await session.expect(...BACK);
      await session.send("2");
      await session.expect("3");
    },
  },
];

function assertText({ status, headers }: RawResponse): void {
  assert.equal(status, 200);
  assert.match(headers["content-type"] ?? "", /^text\/plain; ?charset=utf-8$/i);
}

function assertOk({ status, headers, body }: RawResponse): void {
  assert.deepEqual([status, body], [200, "ok"]);
  assert.match(headers["content-type"] ?? "", /^text\/html/);
}
