// What a wire does alone: channels, what it lets by, and what it makes of nonsense.

import { describe, expect, test } from "bun:test";
import * as notepack from "notepack.io";
import { type ClusterMessage, MessageType } from "../../adapters/cluster/messages.ts";
import { toLink } from "../../adapters/redis/classic-wire-reader.ts";
import { encodeMsgpack } from "../../adapters/redis/codec.ts";
import type { SubscriptionMode } from "../../adapters/redis/options.ts";
import type { ChannelMessage } from "../../adapters/redis/port.ts";
import type { Wire, WireMessage } from "../../adapters/redis/wire.ts";
import { isLegacy, isResponse } from "../../adapters/redis/wire.ts";
import { CLASSIC, makeClassic, SHARDED } from "./wire-peer.ts";
import { makeRandom } from "./wire-random.ts";

const KINDS = [CLASSIC, SHARDED];
const PRIVATE_ROOM = "abcdefghijklmnopqrst";
const OPTS = { rooms: [], except: [] };

function broadcast(data: unknown[], rooms: string[] = []): ClusterMessage {
  const opts = { rooms, except: [], flags: {} };
  return { type: MessageType.BROADCAST, data: { packet: { type: 2, data, nsp: "/" }, opts } };
}

function decode(wire: Wire, { channel, payload }: ChannelMessage): WireMessage | null {
  return wire.decode(channel, Buffer.from(payload));
}

function channelsOf(wire: Wire, message: (rooms: string[]) => ClusterMessage): string[] {
  return [[], ["room"], ["room", "b"], [PRIVATE_ROOM]].map(
    (rooms) => wire.encode(message(rooms)).channel,
  );
}

describe("classic", () => {
  const all = "socket.io#/a#";
  const ofRoom = "socket.io#/a#room#";
  const ofSocket = `socket.io#/a#${PRIVATE_ROOM}#`;

  test.each<[SubscriptionMode, string[]]>([
    ["static", [all, ofRoom, all, ofSocket]],
    ["dynamic", [all, ofRoom, all, all]],
    ["dynamic-private", [all, ofRoom, all, ofSocket]],
  ])("publishes, %s, to the channels of the mode", (mode, expected) => {
    const wire = CLASSIC.makeWire("me", { nsp: "/a", mode });
    expect(channelsOf(wire, (rooms) => broadcast(["e"], rooms))).toEqual(expected);
    expect(wire.roomChannel("room")).toBe(ofRoom);
    expect(wire.countChannel).toBe("socket.io-request#/a#");
    expect(wire.subscriptions).toEqual([
      mode === "static"
        ? { kind: "pattern", channel: `${all}*` }
        : { kind: "channel", channel: all },
      { kind: "channel", channel: "socket.io-request#/a#" },
      { kind: "channel", channel: "socket.io-response#/a#" },
      { kind: "channel", channel: "socket.io-response#/a#me#" },
      { kind: "channel", channel: "socket.io-bundle#/a#", isOptional: true },
    ]);
  });

  test("takes a namespace in its pattern for nothing but a name", () => {
    const [pattern] = CLASSIC.makeWire("me", { nsp: "/[a]*?\\" }).subscriptions;
    expect(pattern?.channel).toBe("socket.io#/\\[a]\\*\\?\\\\#*");
  });

  test("answers nodes of this package on their own channel, others where they are sure to hear", () => {
    const [wire, other] = [makeClassic("me"), makeClassic("other")];
    const response = {
      type: MessageType.BROADCAST_CLIENT_COUNT,
      data: { requestId: "r", clientCount: 1 },
    } as const;
    expect(wire.encodeResponse("other", response).channel).toBe("socket.io-response#/#");
    const request = other.encode({
      type: MessageType.FETCH_SOCKETS,
      data: { opts: OPTS, requestId: "r" },
    });
    expect(decode(wire, request)).toMatchObject({ uid: "other" });
    expect(wire.encodeResponse("other", response).channel).toBe("socket.io-response#/#other#");
    expect(wire.encodeResponse("third", response).channel).toBe("socket.io-response#/#");
    const specific = makeClassic("me", { publishOnSpecificResponseChannel: true });
    expect(specific.encodeResponse("third", response).channel).toBe("socket.io-response#/#third#");
    expect(specific.encodeResponse(undefined, response).channel).toBe("socket.io-response#/#");
  });

  test("understands what old nodes and emitters send", () => {
    const wire = makeClassic("me");
    const packet = { type: 2, data: ["e"] };
    const bytes = notepack.encode(["emitter", packet, { rooms: ["a"] }]);
    expect(wire.decode("socket.io#/#", bytes)).toEqual({
      type: MessageType.BROADCAST,
      uid: "emitter",
      nsp: "/",
      data: {
        packet: { ...packet, nsp: "/" },
        opts: { rooms: ["a"], except: [], flags: undefined },
      },
      link: undefined,
    });
    const request = (json: object) => {
      const message = wire.decode(wire.countChannel, Buffer.from(JSON.stringify(json)));
      expect(message !== null && isLegacy(message)).toBe(true);
      return message;
    };
    const uid = "old";
    const requestId = "r";
    const named = { uid, requestId };
    expect(request({ ...named, type: 0, rooms: ["a"] })).toEqual({
      type: "sockets",
      ...named,
      rooms: ["a"],
    });
    expect(request({ ...named, type: 1 })).toEqual({ type: "all-rooms", ...named });
    expect(request({ ...named, type: 2, sid: "s", room: "a" })).toEqual({
      type: "join",
      ...named,
      sid: "s",
      room: "a",
    });
    expect(request({ requestId, type: 3, sid: "s", room: "a" })).toEqual({
      type: "leave",
      uid: undefined,
      requestId,
      sid: "s",
      room: "a",
    });
    expect(request({ ...named, type: 4, sid: "s", close: true })).toEqual({
      type: "disconnect",
      ...named,
      sid: "s",
      close: true,
    });
    const answer = wire.encodeLegacyAnswer({ type: "join", ...named, sid: "s", room: "a" }, {});
    expect(answer.channel).toBe("socket.io-response#/#");
    expect(JSON.parse(`${answer.payload}`)).toEqual({ requestId, uid: "me" });
    expect(wire.decode("socket.io-response#/#", Buffer.from('{"requestId":"r"}'))).toBeNull();
  });

  test("sends and reads with a parser of the user's", () => {
    const parser = { encode: JSON.stringify, decode: (bytes: Buffer) => JSON.parse(`${bytes}`) };
    const [wire, other] = [makeClassic("me", { parser }), makeClassic("other", { parser })];
    const sent = other.encode(broadcast(["e", 1]), () => [2, 1]);
    expect(JSON.parse(`${sent.payload}`)).toEqual([
      "other",
      { type: 2, data: ["e", 1], nsp: "/" },
      { rooms: [], except: [], flags: {} },
      [2, 1],
    ]);
    expect(decode(wire, sent)).toMatchObject({
      uid: "other",
      link: [2, 1],
      data: { packet: { data: ["e", 1] } },
    });
    expect(decode(other, sent)).toBeNull();
    const answer = { requestId: "r", after: 0, last: 1, isMore: false, isIncomplete: false };
    const replay = other.encodeResponse("me", {
      type: MessageType.REPLAY,
      data: { ...answer, messages: [[1, "c", Buffer.of(1)]] },
    });
    expect(decode(wire, replay)).toMatchObject({ data: { messages: [[1, "c", Buffer.of(1)]] } });
    expect(() => wire.decode(wire.countChannel, Buffer.of(1, 2))).toThrow(
      expect.objectContaining({ code: "ERR_MALFORMED_MESSAGE" }),
    );
  });
});

describe("sharded", () => {
  const all = "socket.io#/a#";
  test.each<[SubscriptionMode, string[]]>([
    ["static", [all, all, all, all]],
    ["dynamic", [all, "socket.io#/a#room#", all, all]],
    ["dynamic-private", [all, "socket.io#/a#room#", all, `socket.io#/a#${PRIVATE_ROOM}#`]],
  ])("publishes, %s, to the channels of the mode", (mode, expected) => {
    const wire = SHARDED.makeWire("me", { nsp: "/a", mode });
    expect(channelsOf(wire, (rooms) => broadcast(["e"], rooms))).toEqual(expected);
    expect(wire.countChannel).toBe(all);
    expect(wire.subscriptions).toEqual([
      { kind: "shard", channel: all },
      { kind: "shard", channel: "socket.io#/a#me#" },
      { kind: "shard", channel: "socket.io-bundle#/a#", isOptional: true },
    ]);
  });

  test("publishes what is to be acknowledged to all", () => {
    const wire = SHARDED.makeWire("me", { mode: "dynamic-private" });
    const message = broadcast(["e"], ["room"]) as Extract<
      ClusterMessage,
      { type: MessageType.BROADCAST }
    >;
    message.data.requestId = "r";
    expect(wire.encode(message).channel).toBe("socket.io#/#");
  });
});

test.each([[[1]], [[1.5, 0]], [["1", 0]], [[-1, 0]], [{}], [null], [[2 ** 60, 1]], [undefined]])(
  "a link of %j is none",
  (link) => {
    expect(toLink(link)).toBeUndefined();
  },
);

describe.each(KINDS)("$name", ({ makeWire, name }) => {
  test("ignores its own messages without reading them", () => {
    const wire = makeWire("me");
    for (const link of [undefined, () => [1, 0] as const]) {
      for (const data of [["e"], ["e", Buffer.of(1)]]) {
        expect(decode(wire, wire.encode(broadcast(data), link))).toBeNull();
        expect(decode(makeWire("you"), wire.encode(broadcast(data), link))).not.toBeNull();
      }
      const request: ClusterMessage = {
        type: MessageType.SERVER_SIDE_EMIT,
        data: { packet: ["e"] },
      };
      expect(decode(wire, wire.encode(request, link))).toBeNull();
    }
  });

  test("ignores rooms that it does not hold without reading what is for them", () => {
    const rooms = new Map<unknown, unknown>([
      ["held", 1],
      [7, 1],
    ]);
    const wire = makeWire("me", { rooms });
    const nonsense = Buffer.of(0xc1);
    expect(wire.decode(wire.roomChannel("other"), nonsense)).toBeNull();
    expect(() => wire.decode(wire.roomChannel("held"), nonsense)).toThrow("dropped a message");
    expect(() => wire.decode(wire.roomChannel("7"), nonsense)).toThrow("dropped a message");
    const sent = makeWire("you").encode(broadcast(["e"], ["held"]));
    expect(decode(wire, sent)).toMatchObject({ uid: "you", data: { opts: { rooms: ["held"] } } });
  });

  test("ignores other namespaces, other channels and other types", () => {
    const wire = makeWire("me");
    const elsewhere = makeWire("you", { nsp: "/b" }).encode(broadcast(["e"]));
    expect(decode(wire, { ...elsewhere, channel: "socket.io#/#" })).toBeNull();
    expect(wire.decode("elsewhere", Buffer.of(1))).toBeNull();
    const unknown = { type: name === "classic" ? 42 : 99, uid: "you", nsp: "/", data: {} };
    expect(wire.decode(wire.countChannel, Buffer.from(JSON.stringify(unknown)))).toBeNull();
  });

  test("tells answers from messages", () => {
    const [wire, other] = [makeWire("me"), makeWire("you")];
    const data = { requestId: "r", packet: undefined };
    const response = { type: MessageType.SERVER_SIDE_EMIT_RESPONSE, data } as const;
    const got = decode(wire, other.encodeResponse("me", response));
    expect(got).toMatchObject({ uid: "you", data: { requestId: "r" } });
    expect(got !== null && isResponse(got)).toBe(true);
    const message = decode(wire, other.encode(broadcast(["e"])));
    expect(message !== null && isResponse(message)).toBe(false);
  });

  test.each([
    ["a BigInt", () => 1n],
    ["what contains itself", () => circle()],
    ["a toJSON that throws", () => ({ toJSON: () => fail(Error("on purpose")) })],
  ])("says that %s cannot be sent, and goes on", (_name, make) => {
    const wire = makeWire("me");
    const code = expect.objectContaining({
      code: "ERR_INVALID_ARGUMENT",
      cause: expect.any(Error),
    });
    for (const bytes of [[], [Buffer.of(1)]]) {
      expect(() => wire.encode(broadcast(["e", ...bytes, make()]))).toThrow(code);
      const packet = ["e", ...bytes, make()];
      expect(() => wire.encode({ type: MessageType.SERVER_SIDE_EMIT, data: { packet } })).toThrow(
        code,
      );
      const data = { requestId: "r", packet };
      expect(() => wire.encodeResponse("x", { type: MessageType.BROADCAST_ACK, data })).toThrow(
        code,
      );
    }
    expect(decode(makeWire("you"), wire.encode(broadcast(["next"])))).toMatchObject({ uid: "me" });
  });

  test("sends what was there when it was told to, not what it became", () => {
    const wire = makeWire("me");
    const data = ["e", { a: 1 }, Buffer.of(1)] as [string, { a: number }, Buffer];
    const sent = wire.encode(broadcast(data));
    data[1].a = 2;
    data[2][0] = 2;
    data.pop();
    expect(decode(makeWire("you"), sent)).toMatchObject({
      data: { packet: { data: ["e", { a: 1 }, Buffer.of(1)] } },
    });
  });

  test("throws ERR_MALFORMED_MESSAGE for nonsense, and nothing else", () => {
    const wire = makeWire("me");
    const you = makeWire("you");
    const random = makeRandom(21);
    const channels = [
      ...wire.subscriptions.map(({ channel }) => channel.replace(/\*$/, "")),
      wire.roomChannel("a"),
    ];
    const nsp = "/";
    const values: unknown[] = [
      null,
      1,
      "text",
      [],
      {},
      [1],
      [null, null],
      ["u", {}],
      ["u", { nsp }],
      ["u", { nsp }, null],
      { type: null },
      { type: "3" },
      { type: 3 },
      { type: 3, nsp },
      { type: 5 },
      { type: 8 },
      { type: 9, requestId: {} },
      { requestId: 1, sockets: 1 },
      { requestId: "r", sockets: {} },
      { type: 1e9 },
      { type: 3, nsp, data: [] },
    ];
    const samples = [
      ...values.flatMap((value) => [encodeMsgpack(value), Buffer.from(JSON.stringify(value))]),
      ...["{", "{}x", '{"type":', "\ufeff{}"].map((text) => Buffer.from(text)),
      Buffer.of(),
      Buffer.alloc(1_000_000, 0x91),
      Buffer.from(`{"a":${"[".repeat(1_000_000)}`),
      Buffer.from(`{"type":3,"data":${"[".repeat(100_000)}${"]".repeat(100_000)}}`),
      Buffer.concat([Buffer.of(0xc1), Buffer.alloc(100_000, 0x81)]),
      ...Array.from({ length: 2000 }, () =>
        Buffer.from(Array.from({ length: random(30) }, () => random(256))),
      ),
      ...Array.from({ length: 2000 }, () => {
        const bytes = Buffer.from(you.encode(broadcast(["e", Buffer.of(1)])).payload);
        bytes[random(bytes.length)] = random(256);
        return bytes;
      }),
    ];
    let malformed = 0;
    for (const channel of channels) {
      for (const sample of samples) {
        try {
          wire.decode(channel, sample);
        } catch (error) {
          malformed++;
          expect(error).toMatchObject({ name: "SocketIOError", code: "ERR_MALFORMED_MESSAGE" });
        }
      }
    }
    expect(malformed).toBeGreaterThan(1000);
  });
});

function circle(): unknown[] {
  const list: unknown[] = [];
  list.push(list);
  return list;
}

function fail(error: Error): never {
  throw error;
}
