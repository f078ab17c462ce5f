import { describe, expect, test } from "bun:test";
import { HOSTS } from "../support/hosts.ts";
import { MemoryWebTransport, WebTransportPeer } from "../support/webtransport.ts";
import { overTheWire } from "../support/wire.ts";
import { open } from "../support/webtransport-sessions.ts";

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
    HOSTS.slice(0, 1),
  );
});
