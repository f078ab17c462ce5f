import { describe, expect, test } from "bun:test";
import type { CloseReason, Session } from "bun-socket.io/engine";
import type { Packet } from "engine.io-parser";
import { HOSTS, type Host } from "../support/hosts.ts";
import { REFERENCE } from "../support/reference.ts";
import { MemoryWebTransport, WebTransportPeer } from "../support/webtransport.ts";
import { type OpenPacket, overTheWire, until, type Wire } from "../support/wire.ts";

const transports = ["polling", "websocket", "webtransport"] as const;
const [own] = HOSTS as [Host];

interface Opened {
  peer: WebTransportPeer;
  session: Session;
  open: OpenPacket;
  ended: Promise<{ reason: CloseReason; description: unknown }>;
}

/** Opens a session of Engine.IO over WebTransport. */
async function open(wire: Wire): Promise<Opened> {
  const peer = await WebTransportPeer.connect(wire.engine);
  peer.send({ type: "open" });
  const { type, data } = await peer.next();
  expect(type).toBe("open");
  const content: OpenPacket = JSON.parse(data);
  const session = wire.session(content.sid);
  const ended = new Promise<{ reason: CloseReason; description: unknown }>((resolve) => {
    session.once("close", (reason, description) => resolve({ reason, description }));
  });
  return { peer, session, open: content, ended };
}

/** Opens a WebTransport session for a session that there is. */
async function candidate(wire: Wire, sid: string): Promise<WebTransportPeer> {
  const peer = await WebTransportPeer.connect(wire.engine);
  peer.send({ type: "open", data: JSON.stringify({ sid }) });
  return peer;
}

async function probe(peer: WebTransportPeer): Promise<void> {
  peer.send({ type: "ping", data: "probe" });
  expect(await peer.next()).toEqual({ type: "pong", data: "probe" });
}

function nextMessage(session: Session): Promise<unknown> {
  return new Promise((resolve) => session.once("message", resolve));
}

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

// Where the reference leaves a session that has no stream any more, or crashes.
describe("a session over WebTransport", () => {
  overTheWire(
    (wire) => {
      test("ends when the client closes the stream alone", async () => {
        wire.start();
        const { peer, ended } = await open(wire);
        await peer.writer.close();
        expect(await ended).toEqual({ reason: "transport close", description: undefined });
        await peer.session.closed;
      });

      test("ends when the client aborts the stream", async () => {
        wire.start();
        const { peer, ended } = await open(wire);
        const cause = new Error("the client's");
        await peer.writer.abort(cause);
        expect(await ended).toMatchObject({
          reason: "transport error",
          description: { message: "webtransport error" },
        });
        await peer.session.closed;
      });

      test("ends when the client does not read any more", async () => {
        wire.start();
        const { peer, session, ended } = await open(wire);
        await peer.reader.cancel();
        session.send("to nobody");
        expect((await ended).reason).toBe("transport error");
        await peer.session.closed;
      });

      test("ends when the connection is lost", async () => {
        wire.start();
        const { peer, ended } = await open(wire);
        const error = new Error("lost");
        peer.session.lose(error);
        expect(await ended).toMatchObject({
          reason: "transport error",
          description: { type: "TransportError", description: error },
        });
      });

      test("closes behind what was sent before", async () => {
        wire.start();
        const { peer, session, ended } = await open(wire);
        for (let count = 0; count < 10; count++) {
          session.send(`${count}`);
        }
        session.close();
        session.send("too late");
        for (let count = 0; count < 10; count++) {
          expect(await peer.text()).toBe(`${count}`);
        }
        expect((await ended).reason).toBe("forced close");
        await peer.session.closed;
      });

      test("closes behind what was sent before when the server closes, too", async () => {
        wire.start();
        const { peer, session } = await open(wire);
        session.send("good");
        await new Promise((resolve) => setImmediate(resolve));
        session.send("bye");
        const closed = wire.running.close();
        expect([await peer.text(), await peer.text()]).toEqual(["good", "bye"]);
        await closed;
        expect(peer.session.isOver).toBeTrue();
      });

      test("is cut when its client takes nothing while the server closes", async () => {
        wire.start();
        const { peer, session, ended } = await open(wire);
        for (let count = 0; count < 10; count++) {
          session.send(`${count}`);
          await new Promise((resolve) => setImmediate(resolve));
        }
        await wire.running.close();
        expect((await ended).reason).toBe("forced close");
        await peer.session.closed;
      });

      test("survives a listener that throws", async () => {
        const program = `${import.meta.dir}/../support/throwing-webtransport.ts`;
        const child = Bun.spawn([process.execPath, program], { stdout: "pipe", stderr: "inherit" });
        const printed = await new Response(child.stdout).text();
        expect(JSON.parse(printed)).toEqual({ report: "the user's", messages: ["1", "2"] });
        expect(await child.exited).toBe(0);
      });

      test("does not open at a server that is closed, or closes meanwhile", async () => {
        const engine = wire.start();
        const late = await WebTransportPeer.connect(engine);
        await new Promise((resolve) => setImmediate(resolve));
        engine.close();
        late.send({ type: "open" });
        await late.session.closed;
        const later = new MemoryWebTransport();
        await engine.onWebTransportSession(later.server);
        expect(later.isOver).toBeTrue();
        expect(engine.clientsCount).toBe(0);
      });

      test("does not open on a connection that is lost first", async () => {
        const engine = wire.start();
        const session = new MemoryWebTransport();
        const waiting = engine.onWebTransportSession(session.server);
        session.lose(new Error("lost"));
        await waiting;
        const peer = await WebTransportPeer.connect(engine);
        await new Promise((resolve) => setImmediate(resolve));
        peer.session.lose(new Error("lost"));
        const third = new MemoryWebTransport();
        const stream = await third.createBidirectionalStream();
        const greeted = engine.onWebTransportSession(third.server);
        await stream.writable.close();
        await greeted;
        expect(third.isOver).toBeTrue();
        expect(engine.clientsCount).toBe(0);
      });

      test.each([undefined, null, 1, {}, { close() {}, closed: Promise.resolve() }])(
        "is made of nothing but a session of WebTransport, not of %p",
        async (value) => {
          const engine = wire.start();
          const take: (session: never) => Promise<void> = engine.onWebTransportSession;
          const taken = take.call(engine, value as never);
          await expect(taken).rejects.toMatchObject({ code: "ERR_INVALID_ARGUMENT" });
        },
      );

      test("has a request with nothing in it", async () => {
        wire.start();
        const { session } = await open(wire);
        expect(session.request).toMatchObject({ method: "GET", url: "", headers: {}, _query: {} });
      });
    },
    [own],
  );
});
