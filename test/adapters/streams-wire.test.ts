// The wire of the streams adapter against that of the reference.

import { describe, expect, test } from "bun:test";
import { decode as referenceDecode, encode as referenceEncode } from "@msgpack/msgpack";
import { hashCode } from "@socket.io/redis-streams-adapter/dist/util.js";
import { type ClusterMessage, MessageType } from "../../adapters/cluster/messages.ts";
import type { RedisCommand } from "../../adapters/redis/port.ts";
import { compareIds, isEntryId } from "../../adapters/redis/stream-ids.ts";
import { StreamLimit } from "../../adapters/redis/stream-limit.ts";
import { missedPacketOf } from "../../adapters/redis/stream-scan.ts";
import { Senders } from "../../adapters/redis/stream-senders.ts";
import {
  decodeEntry,
  decodePublished,
  encodeEntry,
  encodePublished,
  isRequest,
  parseEntry,
  streamsOf,
} from "../../adapters/redis/streams-wire.ts";

const LIMIT = new StreamLimit(500, () => 0);

function fieldsOf({ args }: RedisCommand): Map<string, string> {
  const fields = args.slice(6).map(String);
  return new Map(
    Array.from({ length: fields.length / 2 }, (_, i) => [
      fields[2 * i] ?? "",
      fields[2 * i + 1] ?? "",
    ]),
  );
}

function broadcast(...data: unknown[]): ClusterMessage {
  return {
    uid: "0123456789abcdef",
    nsp: "/",
    type: MessageType.BROADCAST,
    data: { packet: { type: 2, nsp: "/", data }, opts: { rooms: [], except: ["x"], flags: {} } },
  };
}

function entryOf(fields: Iterable<[string, string]>): NonNullable<ReturnType<typeof parseEntry>> {
  const entry = parseEntry(new Map(fields));
  if (entry === null) {
    throw new Error("it is no entry");
  }
  return entry;
}

describe("the streams of a namespace", () => {
  test("are the one stream by default", () => {
    const streams = streamsOf("/any", { streamName: "name", streamCount: 1 });
    expect(streams).toEqual({ stream: "name", strayStream: undefined });
  });

  test("are, of several, one that every node reads, and the one that the reference writes to", () => {
    let strays = 0;
    for (let i = 0; i < 500; i++) {
      const nsp = `/namespace ${i}`;
      for (const streamCount of [2, 3, 16]) {
        const written = `name-${hashCode(nsp) % streamCount}`;
        const { stream, strayStream } = streamsOf(nsp, { streamName: "name", streamCount });
        const readByReference = Array.from({ length: streamCount }, (_, n) => `name-${n}`);
        expect(readByReference).toContain(stream);
        expect([stream, strayStream]).toContain(written);
        strays += strayStream === undefined ? 0 : 1;
      }
    }
    expect(strays).toBeGreaterThan(0);
  });
});

describe("an entry", () => {
  test("is JSON if nothing is binary, with the fields of the reference and a number", () => {
    const command = encodeEntry("stream", broadcast("event", 1, "ü"), 7, LIMIT, false);
    expect(command.key).toBe("stream");
    expect(command.args.slice(0, 6)).toEqual(["XADD", "stream", "MAXLEN", "~", 500, "*"]);
    expect(Object.fromEntries(fieldsOf(command))).toEqual({
      uid: "0123456789abcdef",
      nsp: "/",
      type: "3",
      seq: "7",
      data: '{"packet":{"type":2,"nsp":"/","data":["event",1,"ü"]},"opts":{"rooms":[],"except":["x"],"flags":{}}}',
    });
  });

  test("is base64 of MessagePack if something is binary, which the reference can read", () => {
    const bytes = Buffer.from([1, 2, 3]);
    const views = [bytes, new Uint8Array(bytes).buffer, new Uint8Array(bytes)];
    const message = broadcast("event", ...views, new Date(1_700_000_000_123), { not: undefined });
    const data = fieldsOf(encodeEntry("stream", message, 1, LIMIT, false)).get("data") ?? "";
    expect(data).not.toStartWith("{");
    const decoded = referenceDecode(Buffer.from(data, "base64"));
    const event = ["event", bytes, bytes, bytes].map((item) =>
      typeof item === "string" ? item : new Uint8Array(item),
    );
    expect(decoded).toEqual({
      packet: { type: 2, nsp: "/", data: [...event, new Date(1_700_000_000_123), {}] },
      opts: { rooms: [], except: ["x"], flags: {} },
    });
  });

  test("of the reference can be read, with and without binary data", () => {
    for (const item of [
      "text",
      new Uint8Array([0, 255]),
      new Date(1_700_000_000_000),
      -1.5,
      2 ** 40,
    ]) {
      const { data } = broadcast("event", item);
      const isBinary = item instanceof Uint8Array || item instanceof Date;
      const text = isBinary
        ? Buffer.from(referenceEncode(data)).toString("base64")
        : JSON.stringify(data);
      const entry = entryOf([
        ["uid", "emitter"],
        ["nsp", "/"],
        ["type", "3"],
        ["data", text],
      ]);
      expect(entry.seq).toBeUndefined();
      const message = decodeEntry(entry);
      expect(referenceEncode(message.data)).toEqual(referenceEncode(data));
      expect([message.uid, message.nsp, message.type]).toEqual(["emitter", "/", 3]);
    }
  });

  test("is never looked through with onlyPlaintext", () => {
    const command = encodeEntry("stream", broadcast("event", Buffer.from([1])), 1, LIMIT, true);
    expect(fieldsOf(command).get("data")).toStartWith("{");
  });

  test("that cannot be encoded says so with a code", () => {
    const circle: unknown[] = [];
    circle.push(circle);
    for (const data of [circle, 1n]) {
      expect(() => encodeEntry("stream", broadcast("event", data), 1, LIMIT, false)).toThrow(
        expect.objectContaining({ code: "ERR_INVALID_ARGUMENT" }),
      );
    }
  });

  test("without a namespace or a type is none, and of malformed data it says so with a code", () => {
    expect(parseEntry(new Map())).toBeNull();
    expect(parseEntry(new Map([["nsp", "/"]]))).toBeNull();
    expect(
      parseEntry(
        new Map([
          ["nsp", "/"],
          ["type", "x"],
        ]),
      ),
    ).toBeNull();
    for (const data of ["{", "{]", "!!!", "wcHBwQ=="]) {
      const entry = entryOf([
        ["nsp", "/"],
        ["type", "3"],
        ["data", data],
      ]);
      expect(() => decodeEntry(entry)).toThrow(
        expect.objectContaining({ code: "ERR_MALFORMED_MESSAGE" }),
      );
    }
  });
});

describe("what is published", () => {
  const request: ClusterMessage = {
    uid: "0123456789abcdef",
    nsp: "/",
    type: MessageType.FETCH_SOCKETS,
    data: { opts: { rooms: ["a"], except: [] }, requestId: "1" },
  };

  test("is MessagePack both ways", () => {
    const { opts } = request.data as { opts: object };
    expect(referenceDecode(encodePublished(request))).toEqual({
      ...request,
      data: { opts, requestId: "1" },
    });
    expect(decodePublished(Buffer.from(referenceEncode(request)))).toEqual(request);
  });

  test("is what waits for answers", () => {
    const emit = (requestId?: string): ClusterMessage => ({
      type: MessageType.SERVER_SIDE_EMIT,
      data: { packet: ["event"], requestId },
    });
    expect([request, emit("1"), emit(), broadcast("event")].map(isRequest)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test("that is malformed says so with a code", () => {
    for (const payload of [[], [0xc1], [0xc0], [0x01], [0x90], [0xdf, 255, 255, 255, 255]]) {
      expect(() => decodePublished(Buffer.from(payload))).toThrow(
        expect.objectContaining({ code: "ERR_MALFORMED_MESSAGE" }),
      );
    }
  });
});

describe("the ids of entries", () => {
  test("are told from other texts", () => {
    expect(["1-0", "0-0", "1700000000000-12"].every(isEntryId)).toBeTrue();
    expect(
      ["", "1", "1-", "-1", "01-0", "1-00", "a-0", "1-0-0", "1-0\n"].some(isEntryId),
    ).toBeFalse();
  });

  test("are compared as numbers, however big", () => {
    const ids = [
      "0-0",
      "0-9",
      "0-10",
      "9-0",
      "10-0",
      "18446744073709551614-1",
      "18446744073709551615-0",
    ];
    expect(ids.toReversed().toSorted(compareIds)).toEqual(ids);
    expect(compareIds("10-10", "10-10")).toBe(0);
  });
});

describe("the numbers of a sender", () => {
  test("are each new once, also those that come late", () => {
    const senders = new Senders();
    const seen = [5, 6, 6, 9, 7, 9, 8, 7, 4, 4, 10].map((seq) => senders.isNew("a", seq));
    expect(seen).toEqual([true, true, false, true, true, false, true, false, true, false, true]);
    expect(senders.isNew("b", 5)).toBeTrue();
  });

  test("count as new however far back they are, but once", () => {
    const senders = new Senders();
    expect(senders.isNew("a", 1)).toBeTrue();
    expect(senders.isNew("a", 2 ** 50)).toBeTrue();
    expect(senders.isNew("a", 2 ** 50 - 1)).toBeTrue();
    expect(senders.isNew("a", 2)).toBeTrue();
    expect(senders.isNew("a", 2)).toBeFalse();
  });
});

describe("what a client missed", () => {
  const packetOf = (data: object, rooms: string[]): unknown[] | null => {
    const fields = new Map([
      ["uid", "a"],
      ["nsp", "/"],
      ["type", `${MessageType.BROADCAST}`],
      ["seq", "1"],
      ["data", JSON.stringify(data)],
    ]);
    return missedPacketOf({ id: "1-1", entry: entryOf(fields) }, rooms);
  };
  const packet = { type: 2, nsp: "/", data: ["event"] };

  test("is what was for its rooms, with the offset at its end", () => {
    const missed = (rooms: string[], except: string[]): unknown[] | null =>
      packetOf({ packet, opts: { rooms, except, flags: {} } }, ["a", "b"]);
    expect(missed([], [])).toEqual(["event", "1-1"]);
    expect(missed(["b", "c"], [])).toEqual(["event", "1-1"]);
    expect(missed(["c"], [])).toBeNull();
    expect(missed([], ["b"])).toBeNull();
    expect(missed(["a"], ["c"])).toEqual(["event", "1-1"]);
  });

  test("is not volatile, wants no acknowledgement, and is well-formed", () => {
    const opts = { rooms: [], except: [] };
    expect(packetOf({ packet, opts }, [])).toEqual(["event", "1-1"]);
    expect(packetOf({ packet, opts: { ...opts, flags: { volatile: true } } }, [])).toBeNull();
    expect(packetOf({ packet, opts, requestId: "1" }, [])).toBeNull();
    expect(packetOf({ packet: { ...packet, id: 1 }, opts }, [])).toBeNull();
    expect(packetOf({ packet: { ...packet, type: 3 }, opts }, [])).toBeNull();
    expect(packetOf({ packet: { ...packet, data: "event" }, opts }, [])).toBeNull();
    expect(packetOf({ packet: null, opts }, [])).toBeNull();
    expect(packetOf({ packet }, [])).toBeNull();
  });
});
