import { expect, test } from "bun:test";
import type { CloseReason, Session } from "bun-socket.io/engine";
import type { Packet } from "engine.io-parser";
import { HOSTS, type Host } from "../support/hosts.ts";
import { REFERENCE } from "../support/reference.ts";
import { MemoryWebTransport, WebTransportPeer } from "../support/webtransport.ts";
import { overTheWire, until, type Wire } from "../support/wire.ts";
import {
  candidate,
  nextMessage,
  open,
  probe,
  transports,
} from "../support/webtransport-sessions.ts";

const [own] = HOSTS as [Host];

overTheWire(
  (wire) => {
    test("a session opens over WebTransport", async () => {
      wire.start({ transports, pingInterval: 1234, pingTimeout: 567, maxHttpBufferSize: 89 });
      const { peer, session, open: packet } = await open(wire);
      expect(packet).toEqual({
        sid: session.id,
        upgrades: [],
        pingInterval: 1234,
        pingTimeout: 567,
        maxPayload: 89,
      });
      expect(session.transport.name).toBe("webtransport");
      expect(session.protocol).toBe(4);
      expect(session.readyState).toBe("open");
      expect(session.remoteAddress).toBeUndefined();
      expect(wire.engine.clientsCount).toBe(1);
      peer.session.close();
    });

    test("a session opens where the option transports does not name WebTransport", async () => {
      wire.start();
      const { session } = await open(wire);
      expect(session.transport.name).toBe("webtransport");
    });

    test("text and bytes arrive in order, whatever their size, both ways", async () => {
      wire.start();
      const { peer, session } = await open(wire);
      const sizes = [0, 1, 124, 125, 126, 65_535, 65_536, 200_000];
      const messages = sizes.flatMap((size) => ["é".repeat(size), Buffer.alloc(size + 1, size)]);
      const received: unknown[] = [];
      session.on("message", (data) => received.push(data ?? ""));
      for (const data of messages) {
        session.send(data);
        peer.send({ type: "message", data });
      }
      for (const data of messages) {
        const packet = await peer.next();
        expect(packet.type).toBe("message");
        expect(packet.data ?? "").toEqual(data);
      }
      await until(() => received.length === messages.length);
      expect(received).toEqual(messages);
    });

    test("a session has a heartbeat", async () => {
      wire.start({ pingInterval: 20, pingTimeout: 300 });
      const { peer, session, ended } = await open(wire);
      for (let count = 1; count <= 3; count++) {
        expect(await peer.next()).toEqual({ type: "ping" });
        const heartbeat = new Promise<void>((resolve) => session.once("heartbeat", resolve));
        peer.send({ type: "pong" });
        await heartbeat;
      }
      expect(await peer.next()).toEqual({ type: "ping" });
      expect((await ended).reason).toBe("ping timeout");
      await peer.session.closed;
    });

    test("polling sessions are told that they may move, where the option transports says so", async () => {
      wire.start({ transports });
      expect((await wire.openPolling()).open.upgrades).toEqual(["websocket", "webtransport"]);
      expect((await wire.openWebSocket()).open.upgrades).toEqual([]);
    });

    test("no request opens a session over WebTransport", async () => {
      wire.start({ transports });
      const errors = wire.recordErrors();
      const response = await wire.request({ transport: "webtransport" });
      expect(response.status).toBe(400);
      expect(errors.map(({ code }) => code)).toEqual([0]);
    });

    test("a polling session moves to WebTransport", async () => {
      wire.start({ transports });
      const { sid, session } = await wire.openPolling();
      const parked = wire.poll(sid);
      const peer = await candidate(wire, sid);
      await probe(peer);
      expect(await parked).toEqual(["6"]);
      expect(session.upgrading).toBeTrue();
      session.send("sent while it moves");
      const upgraded = new Promise<void>((resolve) => session.once("upgrade", () => resolve()));
      peer.send({ type: "upgrade" });
      await upgraded;
      expect(session.transport.name).toBe("webtransport");
      expect([session.upgraded, session.upgrading]).toEqual([true, false]);
      expect(await peer.text()).toBe("sent while it moves");
      const message = nextMessage(session);
      peer.send({ type: "message", data: "hello" });
      expect(await message).toBe("hello");
      expect((await wire.request({ sid })).status).toBe(400);
      expect(session.readyState).toBe("open");
    });

    test("a WebSocket session moves to WebTransport", async () => {
      wire.start({ transports });
      const { sid, session } = await wire.openWebSocket();
      const peer = await candidate(wire, sid);
      await probe(peer);
      peer.send({ type: "upgrade" });
      await until(() => session.upgraded);
      session.send("hello");
      expect(await peer.text()).toBe("hello");
    });

    test("a session that is moving, or has moved, takes no further WebTransport session", async () => {
      wire.start({ transports });
      const { sid, session } = await wire.openPolling();
      const peer = await candidate(wire, sid);
      await probe(peer);
      const second = await candidate(wire, sid);
      await second.session.closed;
      peer.send({ type: "upgrade" });
      await until(() => session.upgraded);
      const third = await candidate(wire, sid);
      await third.session.closed;
      const message = nextMessage(session);
      peer.send({ type: "message", data: "still here" });
      expect(await message).toBe("still here");
    });

    test("a session stays where it is when the client does something else than to move", async () => {
      wire.start({ transports });
      const { sid, session } = await wire.openPolling();
      for (const packet of [{ type: "message", data: "x" }, { type: "noop" }] as Packet[]) {
        const peer = await candidate(wire, sid);
        await probe(peer);
        peer.send(packet);
        await peer.session.closed;
        expect([session.transport.name, session.upgrading]).toEqual(["polling", false]);
      }
    });

    test("a session stays where it is when the move takes too long", async () => {
      wire.start({ transports, upgradeTimeout: 50 });
      const { sid, session } = await wire.openPolling();
      const peer = await candidate(wire, sid);
      await probe(peer);
      await peer.session.closed;
      expect([session.transport.name, session.upgrading]).toEqual(["polling", false]);
    });

    test("a session stays where it is when the client goes away instead of moving", async () => {
      wire.start({ transports });
      const { sid, session } = await wire.openPolling();
      const peer = await candidate(wire, sid);
      await probe(peer);
      peer.session.close();
      await until(() => !session.upgrading);
      expect([session.transport.name, session.readyState]).toEqual(["polling", "open"]);
    });

    test("a client that opens no stream is cut after upgradeTimeout", async () => {
      const engine = wire.start({ upgradeTimeout: 30 });
      const session = new MemoryWebTransport();
      void engine.onWebTransportSession(session.server);
      await session.closed;
      expect(engine.clientsCount).toBe(0);
    });

    test.each<[string, Packet]>([
      ["a message", { type: "message", data: "x" }],
      ["bytes", { type: "message", data: Buffer.from("x") }],
      ["a ping", { type: "ping", data: "probe" }],
      ["the id of no session", { type: "open", data: '{"sid":"unknown"}' }],
      ["the name of a property", { type: "open", data: '{"sid":"__proto__"}' }],
      ["no id", { type: "open", data: "{}" }],
      ["a number for an id", { type: "open", data: '{"sid":1}' }],
      ["null", { type: "open", data: "null" }],
      ["no JSON", { type: "open", data: "x" }],
    ])("a client is cut that begins with %s", async (_name, packet) => {
      const engine = wire.start({ transports });
      const peer = await WebTransportPeer.connect(engine);
      peer.send(packet);
      await peer.session.closed;
      expect(engine.clientsCount).toBe(0);
    });

    test("a client is cut that begins with a packet over maxHttpBufferSize", async () => {
      const engine = wire.start({ maxHttpBufferSize: 10 });
      const peer = await WebTransportPeer.connect(engine);
      peer.send({ type: "open", data: '{"sid":"longer than ten bytes"}' });
      await peer.session.closed;
      expect(engine.clientsCount).toBe(0);
    });

    test("a session ends of a packet over maxHttpBufferSize", async () => {
      wire.start({ maxHttpBufferSize: 10 });
      const { peer, session, ended } = await open(wire);
      const message = nextMessage(session);
      peer.send({ type: "message", data: "123456789" }); // ten bytes, with the type
      expect(await message).toBe("123456789");
      peer.send({ type: "message", data: "1234567890" });
      expect((await ended).reason).toBe("parse error");
      await peer.session.closed;
      wire.expectNoSessions();
    });

    test("a session ends of a packet without content", async () => {
      wire.start();
      const session = new MemoryWebTransport();
      void wire.engine.onWebTransportSession(session.server);
      const stream = await session.createBidirectionalStream();
      const writer = stream.writable.getWriter();
      const reader = stream.readable.getReader();
      await writer.write(Uint8Array.of(1, 0x30)); // "0"
      await reader.read();
      await until(() => wire.engine.clientsCount === 1);
      const [opened] = Object.values(wire.engine.clients) as [Session];
      const ended = new Promise<CloseReason>((resolve) => opened.once("close", resolve));
      await writer.write(Uint8Array.of(0));
      expect(await ended).toBe("parse error");
      await session.closed;
    });

    test("packets arrive that come byte by byte", async () => {
      wire.start();
      const session = new MemoryWebTransport();
      void wire.engine.onWebTransportSession(session.server);
      const stream = await session.createBidirectionalStream();
      const writer = stream.writable.getWriter();
      const reader = stream.readable.getReader();
      await writer.write(Uint8Array.of(1));
      await writer.write(Uint8Array.of(0x30));
      await reader.read();
      const [opened] = Object.values(wire.engine.clients) as [Session];
      const message = nextMessage(opened);
      for (const byte of [4, ...Buffer.from("4é!")]) {
        await writer.write(Uint8Array.of(byte));
      }
      expect(await message).toBe("é!");
    });

    test("a session ends when the client closes it", async () => {
      wire.start();
      const { peer, ended } = await open(wire);
      peer.session.close();
      expect(await ended).toEqual({ reason: "transport close", description: undefined });
      wire.expectNoSessions();
    });

    test("a session ends when the server closes it", async () => {
      wire.start();
      const { peer, session, ended } = await open(wire);
      session.close();
      expect((await ended).reason).toBe("forced close");
      await peer.session.closed;
      wire.expectNoSessions();
    });

    test("what a slow client has not taken waits, and arrives in order", async () => {
      wire.start();
      const { peer, session } = await open(wire);
      expect(session.transport.writable).toBeTrue();
      for (let count = 0; count < 20; count++) {
        session.send(`${count}`);
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(session.transport.writable).toBeFalse();
      expect(session.writeBuffer.length).toBeGreaterThan(0);
      const drained = new Promise<void>((resolve) => session.once("drain", resolve));
      for (let count = 0; count < 20; count++) {
        expect(await peer.text()).toBe(`${count}`);
      }
      await drained;
      await until(() => session.transport.writable);
      expect(session.writeBuffer).toHaveLength(0);
    });

    test.each<[string, (wire: Wire) => void]>([
      ["there are middlewares", ({ engine }) => void engine.use((_req, _res, next) => next())],
      ["there is the option cors", () => {}],
    ])("a WebTransport session is refused where %s", async (name, prepare) => {
      const engine = wire.start(name.includes("cors") ? { cors: { origin: "*" } } : {});
      prepare(wire);
      const session = new MemoryWebTransport();
      await engine.onWebTransportSession(session.server);
      expect(session.isOver).toBeTrue();
    });

    test("an HTTP request to a session over WebTransport is refused", async () => {
      wire.start({ transports });
      const { session } = await open(wire);
      const response = await wire.request({ sid: session.id });
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({ code: 3, message: "Bad request" });
    });
  },
  [own, REFERENCE],
);
