// What the runner reads from the bytes that passed: HTTP, frames, payloads, and names for ids.

import { describe, expect, test } from "bun:test";
import { deflateRawSync, constants, gzipSync } from "node:zlib";
import { Names } from "../../compat/names.ts";
import { render } from "../../compat/render.ts";
import { readExchanges, type Tapes } from "../../compat/wire/exchange.ts";
import { readMessages } from "../../compat/wire/frames.ts";
import { readPayload } from "../../compat/wire/payload.ts";
import { Tape } from "../../compat/wire/tape.ts";

/** Tapes of a connection, its bytes in pieces of a size. */
function tapesOf(toServer: string, toClient: string, size: number): Tapes {
  const tape = (text: string): Tape => {
    const result = new Tape();
    const bytes = Buffer.from(text, "latin1");
    for (let offset = 0; offset < bytes.length; offset += size) {
      result.add(bytes.subarray(offset, offset + size));
    }
    return result;
  };
  return { toServer: tape(toServer), toClient: tape(toClient), serverEnded: true };
}

function frame(first: number, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([first, payload.length]), payload]);
}

describe("HTTP", () => {
  const asked =
    "POST /a?sid=1 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\nHost: x\r\n\r\n";
  const zipped = gzipSync("later").toString("latin1");
  const answered =
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
    "2\r\nok\r\n1\r\n!\r\n0\r\n\r\n" +
    `HTTP/1.1 404 Not Found\r\nContent-Encoding: gzip\r\n\r\n${zipped}`;

  test.each([1, 7, 1000])("is read the same in pieces of %d bytes", (size) => {
    const exchanges = readExchanges(tapesOf(asked, answered, size));
    expect(
      exchanges.map(({ method, target, request, status, answer }) => [
        method,
        target.pathname,
        `${request.body}`,
        status,
        `${answer?.body}`,
      ]),
    ).toEqual([
      ["POST", "/a", "abc", 200, "ok!"],
      ["GET", "/b", "", 404, "later"],
    ]);
  });

  test("leaves a request without an answer as such", () => {
    const [exchange] = readExchanges(tapesOf("GET / HTTP/1.1\r\n\r\n", "", 10));
    expect([exchange?.status, exchange?.answer]).toEqual([0, null]);
  });

  test("becomes WebSocket behind an answer of 101", () => {
    const hello = frame(0x81, Buffer.from("hello")).toString("latin1");
    const [exchange] = readExchanges(
      tapesOf(
        "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n${hello}`,
        5,
      ),
    );
    expect(exchange?.webSocket?.toClient.map(({ payload }) => `${payload}`)).toEqual(["hello"]);
  });
});

describe("frames", () => {
  test("of one message are joined, around a ping", () => {
    const bytes = Buffer.concat([
      frame(0x01, Buffer.from("he")),
      frame(0x89, Buffer.from("!")),
      frame(0x80, Buffer.from("llo")),
    ]);
    expect(readMessages(bytes, 0).map((it) => [it.opcode, it.frames, `${it.payload}`])).toEqual([
      [9, 1, "!"],
      [1, 2, "hello"],
    ]);
  });

  test("that are masked are read", () => {
    const mask = [1, 2, 3, 4];
    const payload = [...Buffer.from("hello")].map((byte, at) => byte ^ (mask[at % 4] ?? 0));
    const bytes = Buffer.from([0x82, 0x80 | payload.length, ...mask, ...payload]);
    expect(readMessages(bytes, 0).map(({ opcode, payload: it }) => [opcode, `${it}`])).toEqual([
      [2, "hello"],
    ]);
  });

  test("that are compressed may refer to those before", () => {
    const deflate = (text: string, dictionary?: Buffer): Buffer => {
      const options = { finishFlush: constants.Z_SYNC_FLUSH, ...(dictionary && { dictionary }) };
      return deflateRawSync(text, options).subarray(0, -4);
    };
    const first = "a long text, a long text";
    const bytes = Buffer.concat([
      frame(0xc1, deflate(first)),
      frame(0xc1, deflate(first, Buffer.from(first))),
    ]);
    const read = readMessages(bytes, 0);
    expect(read.map(({ payload, isCompressed }) => [`${payload}`, isCompressed])).toEqual([
      [first, true],
      [first, true],
    ]);
  });
});

describe("payloads", () => {
  test("of revision 4 are split, with bytes as base64", () => {
    expect(readPayload(Buffer.from("4é\x1ebAQID\x1e2"), "4")).toEqual([
      "4é",
      Buffer.from([1, 2, 3]),
      "2",
    ]);
  });

  test("of revision 3 are read as text and as bytes", () => {
    expect(readPayload(Buffer.from("3:4é€6:b4AQID"), "3")).toEqual(["4é€", Buffer.from([1, 2, 3])]);
    const bytes = Buffer.from([
      0, 2, 255, 0x34, 0x61, 1, 1, 2, 255, 4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
    ]);
    expect(readPayload(bytes, "3", "application/octet-stream")).toEqual([
      "4a",
      Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
    ]);
  });

  test("of JSONP are unwrapped in both directions", () => {
    expect(readPayload(Buffer.from('___eio[0]("3:4a\\u2028");'), "3")).toEqual(["4a\u2028"]);
    const form = "application/x-www-form-urlencoded";
    expect(readPayload(Buffer.from(`d=${encodeURIComponent("2:4a")}`), "3", form)).toEqual(["4a"]);
  });
});

describe("names", () => {
  test("stand for ids, the second of a kind with a number, longer ids first", () => {
    const names = new Names();
    names.add("abcd", "ann id");
    names.add("abcdefgh", "ann sid");
    names.add("other", "ann id");
    names.add("abcd", "not again");
    names.addAll(["o1", "o2"], "offset");
    expect(names.apply("abcd /x#abcdefgh other o1 o2")).toBe(
      "<ann id> /x#<ann sid> <ann id 2> <offset> <offset>",
    );
  });
});

test("values are written so that one sees their kind", () => {
  const data = { why: 1 };
  const value = [
    "text",
    -0,
    undefined,
    null,
    () => {},
    Buffer.from([1, 65]),
    new Uint8Array([0x5c]).buffer,
    Object.assign(new Error("no"), { data }),
    new Set(["a"]),
    new Map([["a", 1n]]),
    new Date(0),
  ];
  expect(render(value)).toBe(
    '["text",-0,<undefined>,null,<function>,<Buffer \\x01A>,<ArrayBuffer \\x5c>,' +
      '<Error "no" {"why":1}>,<Set ["a"]>,<Map [["a",1n]]>,<Date 1970-01-01T00:00:00.000Z>]',
  );
  expect(render("x".repeat(1000))).toMatch(
    /^"x+ \.\.\.\(1002 characters, sum [0-9a-f]+\)\.\.\. x+"$/,
  );
});
