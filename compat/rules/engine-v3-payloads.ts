// Engine.IO, revision 3: how packets lie in the bodies of polling, and in those of JSONP.

import assert from "node:assert/strict";
import { joinBytes, joinText, splitText } from "../../test/support/payload-v3.ts";
import type { Rule } from "./rule.ts";
import { decodePayload, encodePayload, readOpen } from "./session.ts";
import type { Target } from "./target.ts";
import { POLLING, WEBSOCKET } from "./ways.ts";

const URLS = "Engine.IO protocol 3, URLs";
const PAYLOAD = "Engine.IO protocol 3, Encoding, Payload";
const JSONP = "Engine.IO protocol 3, Transports, Polling, JSONP";
const POSTING = "Engine.IO protocol 3, Transports, Polling, JSONP, Posting data";
const V3 = { EIO: "3" };
const SCRIPT = { ...V3, j: "7" };
const BINARY = { "Content-Type": "application/octet-stream" };
const FORM = { "Content-Type": "application/x-www-form-urlencoded" };
const BYTES = Buffer.from([0, 1, 2, 30, 127, 128, 255]);
const options = { allowEIO3: true };

export const OLD_PAYLOAD_RULES: readonly Rule[] = [
  {
    name: "revision 3: payloads of text tell the length of each packet",
    source: PAYLOAD,
    options,
    ways: POLLING,
    async run(t) {
      const { status, headers, body } = await t.http({ ...V3, b64: "1" });
      assert.equal(status, 200);
      assert.match(headers["content-type"] ?? "", /^text\/plain/);
      const [open] = splitText(body);
      readOpen(open);
      assert.ok(body.startsWith(`${open?.length}:0{`), body);
    },
  },
  {
    name: "revision 3: a payload without bytes is text for a client without b64, too",
    source: PAYLOAD,
    options,
    ways: POLLING,
    async run(t) {
      const { headers, body } = await t.http(V3);
      assert.match(headers["content-type"] ?? "", /^text\/plain/);
      readOpen(splitText(body)[0]);
    },
  },
  {
    name: "revision 3: the length counts characters, not bytes",
    source: PAYLOAD,
    options,
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling(V3);
      await session.expect("40");
      assert.equal((await session.post('19:42["message","ä€é"]')).status, 200);
      const { body } = await session.poll();
      assert.equal(body, '24:42["message-back","ä€é"]');
    },
  },
  {
    name: "revision 3: a client without b64 gets payloads of bytes where there are bytes",
    source: PAYLOAD,
    options,
    ways: POLLING,
    async run(t) {
      const { bytes } = await t.http(V3);
      // The open packet is text, which comes as 0, the digits of the length, 255 and the packet,
      // or as a payload of text.
      const isBytes = bytes[0] === 0;
      const open = isBytes
        ? `${bytes.subarray(bytes.indexOf(255) + 1)}`.replace(/\}.*$/s, "}")
        : splitText(`${bytes}`)[0];
      const session = t.polling(readOpen(open), V3);
      const body = joinBytes('451-["message",{"_placeholder":true,"num":0}]', typed(BYTES));
      const posted = await session.request("POST", { body, headers: BINARY });
      assert.equal((await posted.answer).body, "ok");
      const event = '451-["message-back",{"_placeholder":true,"num":0}]';
      const wanted = joinBytes(event, typed(BYTES));
      let polled = await session.poll();
      if (!polled.bytes.includes(event)) {
        polled = await session.poll(); // the first brought the CONNECT packet alone
      }
      assert.match(polled.headers["content-type"] ?? "", /^application\/octet-stream/);
      assert.deepEqual(polled.bytes.subarray(-wanted.length), wanted);
    },
  },
  {
    name: "revision 3: text in a payload of bytes is in UTF-8, and its length counts bytes",
    source: PAYLOAD,
    options,
    ways: POLLING,
    async run(t) {
      const session = t.polling(readOpen(splitText((await t.http(V3)).body)[0]), V3);
      const event = '451-["message","€ä😀",{"_placeholder":true,"num":0}]';
      const body = joinBytes(event, typed(BYTES));
      assert.equal(
        (await (await session.request("POST", { body, headers: BINARY })).answer).body,
        "ok",
      );
      const wanted = joinBytes(event.replace("message", "message-back"), typed(BYTES));
      let { bytes } = await session.poll();
      if (bytes.length < wanted.length) {
        ({ bytes } = await session.poll()); // the first brought the CONNECT packet alone
      }
      assert.deepEqual(bytes.subarray(-wanted.length), wanted);
    },
  },
  {
    name: "revision 3: a client with b64 gets bytes as base64 behind b4",
    source: PAYLOAD,
    options,
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling(V3);
      await session.expect("40");
      await session.send('451-["message",{"_placeholder":true,"num":0}]', BYTES);
      const { body } = await session.poll();
      assert.deepEqual(splitText(body), [
        '451-["message-back",{"_placeholder":true,"num":0}]',
        `b4${BYTES.toString("base64")}`,
      ]);
    },
  },
  {
    name: "revision 3: over WebSocket, too, a client with b64 gets bytes as base64",
    source: URLS,
    options,
    ways: WEBSOCKET,
    async run(t) {
      const session = await t.openWebSocket({ ...V3, b64: "1" });
      await session.expect("40");
      await session.send(
        '451-["message",{"_placeholder":true,"num":0}]',
        `b4${BYTES.toString("base64")}`,
      );
      await session.expect(
        '451-["message-back",{"_placeholder":true,"num":0}]',
        `b4${BYTES.toString("base64")}`,
      );
    },
  },
  {
    name: "revision 3: several packets of one payload are handled in their order",
    source: PAYLOAD,
    options,
    ways: POLLING,
    async run(t) {
      const session = await t.openPolling(V3);
      await session.expect("40");
      await session.send('42["message",1]', '42["message",2]');
      await session.expect('42["message-back",1]', '42["message-back",2]');
    },
  },
  {
    name: "revision 3: JSONP wraps the payload in a call",
    source: JSONP,
    options,
    ways: POLLING,
    async run(t) {
      const { status, body } = await t.http(SCRIPT);
      assert.equal(status, 200);
      readOpen(splitText(unwrap(body))[0]);
    },
  },
  {
    name: "revision 3: JSONP escapes what ends a line of JavaScript",
    source: JSONP,
    options,
    ways: POLLING,
    async run(t) {
      const sid = await openScript(t);
      const text = '42["message","\u2028 \u2029 \\" \\n"]';
      await postForm(t, sid, joinText(text));
      const body = await pollScript(t, sid, "message-back");
      assert.doesNotMatch(body, /[\n\r\u2028\u2029]/);
      assert.equal(splitText(unwrap(body)).at(-1), text.replace("message", "message-back"));
    },
  },
  {
    name: "revision 3: JSONP has bytes as base64",
    source: JSONP,
    options,
    ways: POLLING,
    async run(t) {
      const sid = await openScript(t);
      const event = '451-["message",{"_placeholder":true,"num":0}]';
      await postForm(t, sid, encodePayload([event, BYTES], 3));
      const body = await pollScript(t, sid, "message-back");
      const wanted = [event.replace("message", "message-back"), BYTES];
      assert.deepEqual(decodePayload(unwrap(body), 3).slice(-2), wanted);
    },
  },
  {
    name: "revision 3: JSONP posts its payload as the form field d",
    source: POSTING,
    options,
    ways: POLLING,
    async run(t) {
      const query = { ...V3, j: "7" };
      const opened = await t.http(query);
      const { sid } = readOpen(splitText(unwrap(opened.body))[0]);
      const body = `${new URLSearchParams({ d: joinText('42["message","a b&c+d=ä"]') })}`;
      const headers = { "Content-Type": "application/x-www-form-urlencoded" };
      const posted = await t.http({ ...query, sid }, { method: "POST", body, headers });
      assert.deepEqual([posted.status, posted.body], [200, "ok"]);
      const received: string[] = [];
      while (received.at(-1)?.startsWith("42") !== true) {
        received.push(...splitText(unwrap((await t.http({ ...query, sid })).body)));
      }
      assert.equal(received.at(-1), '42["message-back","a b&c+d=ä"]');
    },
  },
  {
    name: "revision 3: a post of JSONP has its newlines escaped",
    source: POSTING,
    options,
    ways: POLLING,
    async run(t) {
      const sid = await openScript(t);
      // A newline between tokens, and what JSON writes for one in a text.
      await postForm(t, sid, joinText('42["message",\n"a\\nb \\\\n"]'));
      const body = await pollScript(t, sid, "message-back");
      assert.equal(splitText(unwrap(body)).at(-1), '42["message-back","a\\nb \\\\n"]');
    },
  },
];

/** Opens a session of JSONP, as a browser does that takes no bytes. */
async function openScript(t: Target): Promise<string> {
  const { body } = await t.http({ ...SCRIPT, b64: "1" });
  return readOpen(splitText(unwrap(body))[0]).sid;
}

/** Posts a payload as the forms of clients do: their newlines are escaped, and so are escapes of them. */
async function postForm(t: Target, sid: string, payload: string): Promise<void> {
  const d = payload.replaceAll("\\n", "\\\n").replaceAll("\n", "\\n");
  const init = { method: "POST", body: `${new URLSearchParams({ d })}`, headers: FORM };
  const posted = await t.http({ ...SCRIPT, sid }, init);
  assert.deepEqual([posted.status, posted.body], [200, "ok"]);
}

/** Polls until an answer has this in it. */
async function pollScript(t: Target, sid: string, wanted: string): Promise<string> {
  for (;;) {
    const { status, body } = await t.http({ ...SCRIPT, sid });
    assert.equal(status, 200, body);
    if (body.includes(wanted)) {
      return body;
    }
  }
}

/** A binary message of revision 3: its type is a byte in front. */
function typed(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([4]), bytes]);
}

/** The payload in an answer of JSONP. */
function unwrap(body: string): string {
  const payload = /^___eio\[7\]\((".*")\);$/s.exec(body)?.[1];
  assert.ok(payload !== undefined, body);
  return JSON.parse(payload) as string;
}
