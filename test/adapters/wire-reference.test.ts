// The wires beside live nodes of the reference, over a real Redis: what each sends, the other gets.

import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  spyOn,
  test,
} from "bun:test";
import type { Server } from "socket.io";
import type { Socket as ClientSocket } from "socket.io-client";
import { PacketType } from "socket.io-parser";
import type { ClusterResponse, ReplayAnswer } from "../../adapters/cluster/messages.ts";
import { type ClusterMessage, MessageType } from "../../adapters/cluster/messages.ts";
import { ClassicWire } from "../../adapters/redis/classic-wire.ts";
import { decodeMsgpack } from "../../adapters/redis/codec.ts";
import type { WireMessage } from "../../adapters/redis/wire.ts";
import { Clients, once } from "../support/clients.ts";
import type { Running } from "../support/hosts.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { REFERENCE } from "../support/reference.ts";
import { CLASSIC, closePeers, type Kind, Peer, SHARDED } from "./wire-peer.ts";
import { makeRandom, randomText, randomValue } from "./wire-random.ts";

const ROUNDS = 150;
const UID = "our-node-uid-001";
const NOBODY = { rooms: [], except: [] };

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

describe.each([CLASSIC, SHARDED])("$name, beside the reference", (kind: Kind) => {
  const clients = new Clients();
  let running: Running;
  let io: Server;
  let client: ClientSocket;
  let socketId: string;
  let peer: Peer;

  beforeEach(async () => {
    running = REFERENCE.start({ adapter: kind.makeReference(redis.port) });
    io = running.io as unknown as Server;
    io.on("connection", (socket) => socket.join(["room", "twenty-characters-ab"]));
    peer = await Peer.start(redis.port, kind.makeWire(UID), ["room"]);
    client = await clients.connect(running.url, { transports: ["websocket"] });
    socketId = client.id as string;
    await subscribed();
  });
  afterEach(async () => {
    clients.closeAll();
    await running.close();
    closePeers();
  });

  /** Waits until the reference hears all channels: it does not say. */
  async function subscribed(): Promise<void> {
    for (const room of ["", "room", "twenty-characters-ab", socketId]) {
      let isHeard = false;
      client.once(`probe ${room}`, () => {
        isHeard = true;
      });
      while (!isHeard) {
        await peer.send(broadcast([`probe ${room}`], room === "" ? [] : [room]));
        await Bun.sleep(2);
      }
    }
    while ((await io.of("/").adapter.serverCount()) < 2) {
      await Bun.sleep(2);
    }
  }

  function broadcast(data: unknown[], rooms: string[] = [], except: string[] = []): ClusterMessage {
    const packet = { type: PacketType.EVENT, data, nsp: "/" };
    return { type: MessageType.BROADCAST, data: { packet, opts: { rooms, except, flags: {} } } };
  }

  test("its clients get what we send, with a link and without", async () => {
    const random = makeRandom(11);
    const got: unknown[][] = [];
    client.onAny((...args) => {
      if (!`${args[0]}`.startsWith("probe")) got.push(args);
    });
    const sent: unknown[][] = [];
    for (let i = 0; i < ROUNDS; i++) {
      const data = [`event-${i}`, randomValue(random, i % 2 === 0), randomText(random)];
      const rooms = [[], ["room"], [socketId], ["twenty-characters-ab"], ["room", "other"]][i % 5];
      sent.push(data);
      const link = i % 3 === 0 ? undefined : () => [i + 2 ** 33, i] as const;
      await peer.send(broadcast(data, rooms, ["nobody"]), link);
    }
    const last = once(client, "last");
    await peer.send(broadcast(["last"]));
    await last;
    got.pop();
    // Over several channels of several kinds there is one connection, and so one order.
    expect(Bun.deepEquals(got, sent)).toBe(true);
  });

  test("we get what it sends, and would send the same bytes to the same channel", async () => {
    const random = makeRandom(12);
    for (let i = 0; i < ROUNDS; i++) {
      const data = [randomValue(random, i % 2 === 0), randomText(random)];
      const [all, room] = [io.except([]), io.to("room")];
      const targets = [all, room, io.to(["room", "b"]), io.except("x")] as const;
      let to = targets[i % 4] ?? all;
      if (i % 3 === 0) to = to.volatile;
      if (i % 5 === 0) to = to.compress(false);
      to.emit("event", ...data);
      const { channel, payload, message } = await peer.take(MessageType.BROADCAST);
      expect(message).toMatchObject({ type: MessageType.BROADCAST, nsp: "/", link: undefined });
      expect(Bun.deepEquals(packetOf(message).data, ["event", ...data])).toBe(true);
      const own = kind.makeWire(`${uidOf(message)}`).encode(message as ClusterMessage);
      expect(own.channel).toBe(channel);
      expect(Buffer.from(own.payload).equals(payload)).toBe(true);
    }
  });

  test("we understand its requests, and would send the same", async () => {
    const ack = () => {};
    io.in("room").socketsJoin(["a", "b"]);
    await same(MessageType.SOCKETS_JOIN, { opts: { rooms: ["room"] }, rooms: ["a", "b"] });
    io.except("x").socketsLeave("a");
    await same(MessageType.SOCKETS_LEAVE, { opts: { except: ["x"] }, rooms: ["a"] });
    io.in("nobody").disconnectSockets(true);
    await same(MessageType.DISCONNECT_SOCKETS, { opts: { rooms: ["nobody"] }, close: true });
    io.serverSideEmit("hello", { a: 1 });
    await same(MessageType.SERVER_SIDE_EMIT, { packet: ["hello", { a: 1 }] });
    const answers = io.serverSideEmitWithAck("asked", "x");
    const asked = await same(MessageType.SERVER_SIDE_EMIT, { packet: ["asked", "x"] });
    await answer(asked, MessageType.SERVER_SIDE_EMIT_RESPONSE, { packet: "ours" });
    expect(await answers).toEqual(["ours"]);
    io.timeout(1000).to("room").emit("ack?", Buffer.of(1), ack);
    const broadcast = await same(MessageType.BROADCAST, {
      packet: { data: ["ack?", Buffer.of(1)] },
      opts: { rooms: ["room"], flags: { timeout: 1000 } },
    });
    expect(requestIdOf(broadcast)).toBeString();
  });

  /** Waits for a message of the reference, and compares it with what we would send. */
  async function same(type: MessageType, data: object): Promise<WireMessage> {
    const { channel, payload, message } = await peer.take(type);
    expect(message).toMatchObject({ type, nsp: "/", data });
    const own = kind.makeWire(`${uidOf(message)}`).encode(message as ClusterMessage);
    expect(own.channel).toBe(channel);
    expect(comparable(Buffer.from(own.payload))).toEqual(comparable(payload));
    return message;
  }

  async function answer(to: WireMessage, type: number, data: object): Promise<void> {
    const response = { type, data: { requestId: requestIdOf(to), ...data } } as ClusterResponse;
    await peer.publish(peer.wire.encodeResponse(uidOf(to), response));
  }

  test("it gets our answers", async () => {
    const sockets = io.fetchSockets();
    const asked = await peer.take(MessageType.FETCH_SOCKETS);
    const data = { name: "n", bytes: Buffer.of(1, 2) };
    const details = { id: "ours", handshake: { auth: {} }, rooms: ["r"], data };
    await answer(asked.message, MessageType.FETCH_SOCKETS_RESPONSE, { sockets: [details] });
    const remote = (await sockets).find(({ id }) => id === "ours");
    expect(remote?.data).toEqual(data);
    expect(remote?.rooms).toEqual(new Set(["r"]));

    const responses = io.timeout(5000).except("room").emitWithAck("ack?");
    const { message } = await peer.take(MessageType.BROADCAST);
    await answer(message, MessageType.BROADCAST_CLIENT_COUNT, { clientCount: 2 });
    await answer(message, MessageType.BROADCAST_ACK, { packet: "first" });
    await answer(message, MessageType.BROADCAST_ACK, { packet: Buffer.of(3) });
    expect(await responses).toEqual(["first", Buffer.of(3)]);
  });

  test("it does what we ask, and we get its answers", async () => {
    await peer.send(
      {
        type: MessageType.SOCKETS_JOIN,
        data: { opts: { rooms: ["room"], except: [] }, rooms: ["joined"] },
      },
      () => [1, 0],
    );
    const { message: details } = await ask(
      {
        type: MessageType.FETCH_SOCKETS,
        data: { opts: { rooms: ["joined"], except: [] }, requestId: "fetch1" },
      },
      MessageType.FETCH_SOCKETS_RESPONSE,
    );
    expect(details).toMatchObject({ data: { requestId: "fetch1", sockets: [{ id: socketId }] } });
    await peer.send({ type: MessageType.SOCKETS_LEAVE, data: { opts: NOBODY, rooms: ["joined"] } });
    const { message: count } = await ask(
      {
        type: MessageType.FETCH_SOCKETS,
        data: { opts: { rooms: ["joined"], except: [] }, requestId: "count1", count: true },
      },
      MessageType.FETCH_SOCKETS_RESPONSE,
    );
    expect(count).toMatchObject({ data: { requestId: "count1", sockets: [] } });

    io.on("ask", (bytes, text, callback) => callback({ bytes, text }));
    const { message: answered } = await ask(
      {
        type: MessageType.SERVER_SIDE_EMIT,
        data: { packet: ["ask", Buffer.of(9), "t"], requestId: "side12" },
      },
      MessageType.SERVER_SIDE_EMIT_RESPONSE,
    );
    // What it answers with is up to it: over classic, bytes become what JSON makes of them.
    const bytes = kind === CLASSIC ? { type: "Buffer", data: [9] } : Buffer.of(9);
    expect(answered).toMatchObject({ data: { requestId: "side12", packet: { bytes, text: "t" } } });

    client.on("ack?", (value, callback) => callback([value, "yes"]));
    const ackRequest = broadcast(["ack?", Buffer.of(7)], ["room"]) as Extract<
      ClusterMessage,
      { type: MessageType.BROADCAST }
    >;
    ackRequest.data.requestId = "acks12";
    const { message: clientCount } = await ask(ackRequest, MessageType.BROADCAST_CLIENT_COUNT);
    expect(clientCount).toMatchObject({ data: { requestId: "acks12", clientCount: 1 } });
    const { message: ack } = await peer.take(MessageType.BROADCAST_ACK);
    expect(ack).toMatchObject({ data: { requestId: "acks12", packet: [Buffer.of(7), "yes"] } });

    const gone = once(client, "disconnect");
    await peer.send(
      {
        type: MessageType.DISCONNECT_SOCKETS,
        data: { opts: { rooms: ["room"], except: [] }, close: true },
      },
      () => [3, 2],
    );
    await gone;
  });

  async function ask(message: ClusterMessage, type: MessageType) {
    await peer.send(message);
    return await peer.take(type);
  }

  test("it neither answers nor logs nor minds what it does not know", async () => {
    const uid = uidOf(await reveal());
    const console_ = ["log", "warn", "error", "debug", "info"] as const;
    const spies = console_.map((name) => spyOn(console, name));
    const events: string[] = [];
    client.onAny((event) => events.push(event));
    peer.heard.length = 0;
    const rooms = { number: 3, part: [0, 1] as const, occupied: ["a", "room"], vacated: ["b"] };
    const request = {
      requestId: "replay",
      last: 4,
      since: 1_700_000_000_000,
      after: [["x", 1]] as [string, number][],
    };
    const answered: ReplayAnswer = {
      requestId: "replay",
      after: 1,
      last: 9,
      messages: [
        [8, "channel", Buffer.of(1, 2)],
        [9, "channel", "text"],
      ],
      isMore: false,
      isIncomplete: false,
    };
    const messages: ClusterMessage[] = [
      { type: MessageType.ROOMS_REQUEST, data: { requestId: "rooms1", known: ["x"] } },
      { type: MessageType.ROOMS, data: rooms },
      { type: MessageType.REPLAY_REQUEST, data: request },
      { type: MessageType.REPLAY_MARK },
      { type: MessageType.HEARTBEAT },
      { type: MessageType.INITIAL_HEARTBEAT },
      { type: MessageType.ADAPTER_CLOSE },
    ];
    for (const message of messages) {
      await peer.send(message);
      await peer.send(message, () => [5, 4]);
    }
    for (const requester of [uid, undefined]) {
      for (const response of [
        { type: MessageType.ROOMS, data: rooms },
        { type: MessageType.REPLAY, data: answered },
        {
          type: MessageType.FETCH_SOCKETS_RESPONSE,
          data: { requestId: "none12", sockets: [], count: 4 },
        },
        { type: MessageType.BROADCAST_ACK, data: { requestId: "none12", packet: 1 } },
      ] as ClusterResponse[]) {
        await peer.publish(peer.wire.encodeResponse(requester, response));
      }
    }
    const fence = once(client, "fence");
    await peer.send(broadcast(["fence"]));
    await fence;
    const side = await ask(
      { type: MessageType.FETCH_SOCKETS, data: { opts: NOBODY, requestId: "fence1" } },
      MessageType.FETCH_SOCKETS_RESPONSE,
    );
    expect(uidOf(side.message)).not.toBe(UID);
    expect(events).toEqual(["fence"]);
    expect(peer.heard.filter(({ message }) => message !== null)).toEqual([]);
    for (const spy of spies) {
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
    }

    // Another node of ours reads each of them.
    const other = kind.makeWire("our-node-uid-002");
    for (const message of messages) {
      for (const link of [undefined, () => [5, 4] as const]) {
        const { channel, payload } = peer.wire.encode(message, link);
        const decoded = other.decode(channel, Buffer.from(payload));
        expect(decoded).toEqual({
          ...message,
          data: message.data,
          uid: UID,
          nsp: "/",
          link: link?.(),
        } as WireMessage);
      }
    }
    for (const [type, data] of [
      [MessageType.REPLAY, answered],
      [MessageType.ROOMS, rooms],
    ]) {
      const response = { type, data } as ClusterResponse;
      const { channel, payload } = peer.wire.encodeResponse("our-node-uid-002", response);
      expect(channel).toBe(other.privateChannel("our-node-uid-002"));
      expect(other.decode(channel, Buffer.from(payload))).toEqual({
        ...response,
        uid: UID,
        nsp: "/",
        link: undefined,
      } as WireMessage);
    }
  });

  /** A message by which the reference tells its uid. */
  async function reveal(): Promise<WireMessage> {
    io.serverSideEmit("reveal");
    return (await peer.take(MessageType.SERVER_SIDE_EMIT)).message;
  }

  if (kind === CLASSIC) {
    test("we answer its allRooms(), and it answers ours", async () => {
      const { wire } = peer;
      if (!(wire instanceof ClassicWire)) throw new Error("not classic");
      const adapter = io.of("/").adapter as unknown as { allRooms(): Promise<Set<string>> };
      const rooms = adapter.allRooms();
      const { message } = await peer.take("all-rooms");
      if (message.type !== "all-rooms") throw new Error("not asked");
      await peer.publish(wire.encodeLegacyAnswer(message, { rooms: new Set(["ours"]) }));
      expect(await rooms).toEqual(new Set(["room", "twenty-characters-ab", socketId, "ours"]));

      await peer.publish(wire.encodeAllRooms("rooms1"));
      expect((await peer.take("all-rooms-response")).message).toMatchObject({
        requestId: "rooms1",
        rooms: expect.arrayContaining(["room", socketId]),
      });
    });
  }
});

function packetOf(message: WireMessage): { data?: unknown } {
  return message.type === MessageType.BROADCAST ? message.data.packet : {};
}

function uidOf(message: WireMessage): string | undefined {
  return message.uid;
}

function requestIdOf(message: WireMessage): string | undefined {
  return "data" in message && message.data !== undefined && "requestId" in message.data
    ? message.data.requestId
    : undefined;
}

/** A message without what only this package says in it. */
function comparable(payload: Buffer): unknown {
  if (payload[0] === 0x7b) {
    const { direct: _, ...rest } = JSON.parse(payload.toString());
    return rest;
  }
  const { direct: _, ...rest } = decodeMsgpack(payload) as Record<string, unknown>;
  return rest;
}
