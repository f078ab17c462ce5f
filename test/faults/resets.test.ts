// Connections that end with a reset (RST) instead of a good-bye.

import { expect, test } from "bun:test";
import { HOSTS } from "../support/hosts.ts";
import { encodeFrame, OPCODES } from "../support/raw-websocket.ts";
import { overTheWire, type Peer, until, type Wire } from "../support/wire.ts";

/** Opens a session, and resets its connections. */
type Case = (wire: Wire) => Promise<Peer>;

const whole = encodeFrame({
  opcode: OPCODES.text,
  payload: Buffer.from(`4${"x".repeat(1_000)}`),
});

const cases: [moment: string, reasons: readonly string[], act: Case][] = [
  [
    "a poll is parked",
    ["transport error"],
    async (wire) => {
      const peer = await wire.openPolling();
      const connection = wire.connect();
      connection.request("GET", wire.path({ sid: peer.sid }));
      await until(() => peer.session.transport.writable);
      connection.reset();
      return peer;
    },
  ],
  [
    "the body of a POST is on its way",
    ["transport error"],
    async (wire) => {
      const peer = await wire.openPolling();
      const connection = wire.connect();
      const started = wire.nextRequest();
      connection.request("POST", wire.path({ sid: peer.sid }), { "Content-Length": "100" });
      connection.write("4he");
      await started;
      connection.reset();
      return peer;
    },
  ],
  [
    "a WebSocket rests",
    ["transport close", "transport error"],
    async (wire) => {
      const peer = await wire.openWebSocket();
      peer.webSocket.connection.reset();
      return peer;
    },
  ],
  [
    "half of a frame has come",
    ["transport close", "transport error"],
    async (wire) => {
      const peer = await wire.openWebSocket();
      const first = new Promise((resolve) => peer.session.once("message", resolve));
      peer.webSocket.connection.write(Buffer.concat([whole, whole.subarray(0, 500)]));
      await first;
      peer.webSocket.connection.reset();
      return peer;
    },
  ],
  [
    "a large message is being sent",
    ["transport close", "transport error"],
    async (wire) => {
      const peer = await wire.openWebSocket();
      peer.webSocket.connection.pause();
      while (peer.session.transport.writable) {
        peer.session.send("x".repeat(500_000));
        await new Promise((resolve) => setImmediate(resolve));
      }
      peer.webSocket.connection.reset();
      return peer;
    },
  ],
  [
    "an upgrade is under way, on both connections",
    ["transport error"],
    async (wire) => {
      const peer = await wire.openPolling();
      const poll = wire.connect();
      const candidate = await wire.upgrade({ sid: peer.sid });
      candidate.send("2probe");
      expect(await candidate.text()).toBe("3probe");
      poll.request("GET", wire.path({ sid: peer.sid }));
      await poll.response(); // a noop, for the client to move
      poll.request("GET", wire.path({ sid: peer.sid }));
      await until(() => peer.session.transport.writable);
      candidate.connection.reset();
      poll.reset();
      return peer;
    },
  ],
];

const UPGRADE = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
};

/** Shows that a session works, both ways. */
async function expectServed(peer: Awaited<ReturnType<Wire["openWebSocket"]>>): Promise<void> {
  const { session, webSocket } = peer;
  const message = new Promise((resolve) => session.once("message", resolve));
  webSocket.send("4still here");
  expect(await message).toBe("still here");
  session.send("so am I");
  expect(await webSocket.text()).toBe("4so am I");
}

overTheWire((wire) => {
  test.each(cases)(
    "a reset while %s ends that session alone, at once",
    async (_moment, reasons, act) => {
      const engine = wire.start();
      const other = await wire.openWebSocket();
      const peer = await act(wire);
      expect(reasons).toContain((await peer.ended).reason);
      expect(peer.session.readyState).toBe("closed");
      await expectServed(other);
      expect(Object.keys(engine.clients)).toEqual([other.sid]);
    },
  );

  test("a reset right behind the request for a session leaves no WebSocket, and disturbs nobody", async () => {
    const engine = wire.start();
    const other = await wire.openWebSocket();
    for (const transport of ["polling", "websocket", "websocket"]) {
      const connection = wire.connect();
      connection.request("GET", wire.path({ transport }), transport === "polling" ? {} : UPGRADE);
      connection.reset();
      await connection.closed;
    }
    await expectServed(other);
    const next = await wire.openWebSocket(); // behind them
    await until(() => {
      const names = Object.values(engine.clients).map(({ transport }) => transport.name);
      return names.filter((name) => name === "websocket").length === 2;
    });
    await expectServed(next);
  });

  test("a candidate that is reset in the midst of an upgrade leaves the session on polling", async () => {
    wire.start();
    const { sid, session } = await wire.openPolling();
    const candidate = await wire.upgrade({ sid });
    candidate.send("2probe");
    expect(await candidate.text()).toBe("3probe");
    candidate.connection.reset();
    await until(() => !session.upgrading);
    expect([session.readyState, session.transport.name]).toEqual(["open", "polling"]);
    session.send("still here");
    expect((await wire.poll(sid)).filter((packet) => packet !== "6")).toEqual(["4still here"]);
  });
}, HOSTS);
