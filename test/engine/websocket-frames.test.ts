import { expect, test } from "bun:test";
import type { Session } from "bun-socket.io/engine";
import { HOSTS } from "../support/hosts.ts";
import { type Frame, OPCODES, requestWebSocket } from "../support/raw-websocket.ts";
import { overTheWire } from "../support/wire.ts";

function nextMessage(session: Session): Promise<unknown> {
  return new Promise((resolve) => session.once("message", resolve));
}

overTheWire((wire) => {
  test("text travels both ways", async () => {
    wire.start();
    const { session, webSocket } = await wire.openWebSocket();
    const message = nextMessage(session);
    webSocket.send("4hello, €uro \u{1f600}");
    expect(await message).toBe("hello, €uro \u{1f600}");
    session.send("hello back, €uro \u{1f600}");
    expect(await webSocket.text()).toBe("4hello back, €uro \u{1f600}");
  });

  // The reference ignores it.
  if (!wire.isReference) {
    test("a close packet ends the session, and what is behind it is not delivered", async () => {
      wire.start();
      const { session, webSocket, ended } = await wire.openWebSocket();
      const messages: unknown[] = [];
      session.on("message", (data) => messages.push(data));
      webSocket.send("4before");
      webSocket.send("1");
      webSocket.send("4behind");
      expect(await ended).toEqual({ reason: "transport close", description: undefined });
      expect(await webSocket.closeCode()).not.toBe(1006);
      expect(messages).toEqual(["before"]);
      wire.expectNoSessions();
    });
  }

  test("bytes travel both ways, as binary frames without a packet type", async () => {
    wire.start();
    const { session, webSocket } = await wire.openWebSocket();
    const message = nextMessage(session);
    webSocket.sendBytes(Buffer.from([0, 1, 255]));
    const received = await message;
    expect(Buffer.isBuffer(received)).toBe(true);
    expect(received).toEqual(Buffer.from([0, 1, 255]));
    session.send(Buffer.from([255, 1, 0]));
    const { opcode, payload } = await webSocket.frame();
    expect([opcode, payload]).toEqual([OPCODES.binary, Buffer.from([255, 1, 0])]);
  });

  test.each([0, 1, 125, 126, 127, 65535, 65536, 300_000])(
    "a message of %d bytes travels both ways, as text and as bytes",
    async (length) => {
      wire.start();
      const { session, webSocket } = await wire.openWebSocket();
      const text = "x".repeat(length);
      const bytes = Buffer.alloc(length, 7);
      let message = nextMessage(session);
      webSocket.send(`4${text}`);
      expect((await message) ?? "").toBe(text);
      message = nextMessage(session);
      webSocket.sendBytes(bytes);
      expect((await message) ?? Buffer.alloc(0)).toEqual(bytes);
      session.send(text);
      expect(await webSocket.text()).toBe(`4${text}`);
      session.send(bytes);
      expect((await webSocket.frame()).payload.equals(bytes)).toBe(true);
    },
  );

  test("a message in fragments is put together, with control frames between them", async () => {
    wire.start();
    const { session, webSocket } = await wire.openWebSocket();
    const message = nextMessage(session);
    const bytes = Buffer.from("4frag€ments");
    const cut = bytes.indexOf(0x82); // within the euro sign
    webSocket.sendFrame({ opcode: OPCODES.text, payload: bytes.subarray(0, 3), fin: false });
    webSocket.sendFrame({ opcode: OPCODES.ping, payload: Buffer.from("still there?") });
    webSocket.sendFrame({
      opcode: OPCODES.continuation,
      payload: bytes.subarray(3, cut),
      fin: false,
    });
    webSocket.sendFrame({ opcode: OPCODES.continuation, payload: bytes.subarray(cut) });
    expect(await message).toBe("frag€ments");
    const pong = await webSocket.frame();
    expect([pong.opcode, `${pong.payload}`]).toEqual([OPCODES.pong, "still there?"]);
  });

  test("frames that arrive byte by byte are put together", async () => {
    wire.start();
    const { session, webSocket } = await wire.openWebSocket();
    const message = nextMessage(session);
    const text = Buffer.from("4slow");
    const mask = Buffer.from([1, 2, 3, 4]);
    const masked = text.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
    for (const byte of Buffer.concat([Buffer.from([0x81, 0x80 | text.length]), mask, masked])) {
      webSocket.connection.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await message).toBe("slow");
  });

  test("many messages in one segment are delivered in order", async () => {
    wire.start();
    const { session, webSocket } = await wire.openWebSocket();
    const messages: unknown[] = [];
    const last = new Promise<void>((resolve) => {
      session.on("message", (data) => {
        messages.push(data);
        if (data === "99") {
          resolve();
        }
      });
    });
    for (let count = 0; count < 100; count++) {
      webSocket.send(`4${count}`);
    }
    await last;
    expect(messages).toEqual(Array.from({ length: 100 }, (_, count) => `${count}`));
  });

  const payload = Buffer.from("4hello");
  test.each<[string, Frame, boolean]>([
    ["without a mask", { opcode: OPCODES.text, payload }, false],
    ["with the reserved bit 1", { opcode: OPCODES.text, payload, rsv: 4 }, true],
    ["with the reserved bit 2", { opcode: OPCODES.text, payload, rsv: 2 }, true],
    ["with the reserved bit 3", { opcode: OPCODES.text, payload, rsv: 1 }, true],
    ["of a reserved opcode", { opcode: 3, payload }, true],
    ["of a reserved control opcode", { opcode: 11, payload }, true],
    ["that continues nothing", { opcode: OPCODES.continuation, payload }, true],
    ["that is a fragment of a ping", { opcode: OPCODES.ping, payload, fin: false }, true],
    ["that is too long a ping", { opcode: OPCODES.ping, payload: Buffer.alloc(126) }, true],
    [
      "with text that is no UTF-8",
      { opcode: OPCODES.text, payload: Buffer.from([0x34, 0xff]) },
      true,
    ],
    ["with a close code of one byte", { opcode: OPCODES.close, payload: Buffer.from([3]) }, true],
  ])("a frame %s ends the session and the connection", async (_, frame, masked) => {
    wire.start();
    const { session, webSocket, ended } = await wire.openWebSocket();
    const messages: unknown[] = [];
    session.on("message", (data) => messages.push(data));
    webSocket.sendFrame(frame, masked);
    const { reason } = await ended;
    expect(["transport error", "transport close"]).toContain(reason);
    await webSocket.connection.closed;
    expect(messages).toEqual([]);
    wire.expectNoSessions();
  });

  test("a new message within a fragmented one ends the session", async () => {
    wire.start();
    const { webSocket, ended } = await wire.openWebSocket();
    webSocket.sendFrame({ opcode: OPCODES.text, payload, fin: false });
    webSocket.sendFrame({ opcode: OPCODES.text, payload });
    expect(["transport error", "transport close"]).toContain((await ended).reason);
    await webSocket.connection.closed;
    wire.expectNoSessions();
  });

  test.each([1000, 1001, 3000, 4999, undefined])(
    "a close frame of the client with the code %p is answered and ends the session",
    async (code) => {
      wire.start();
      const { webSocket, ended } = await wire.openWebSocket();
      webSocket.sendClose(code);
      expect((await ended).reason).toBe("transport close");
      expect(await webSocket.closeCode()).toBe(code ?? 1005);
      await webSocket.connection.closed;
      wire.expectNoSessions();
    },
  );

  test("a connection that is cut ends the session", async () => {
    wire.start();
    const { webSocket, ended } = await wire.openWebSocket();
    webSocket.connection.destroy();
    expect((await ended).reason).toBe("transport close");
    wire.expectNoSessions();
  });

  test("messages behind a close frame are not delivered", async () => {
    wire.start();
    const { session, webSocket, ended } = await wire.openWebSocket();
    const messages: unknown[] = [];
    session.on("message", (data) => messages.push(data));
    webSocket.send("4before");
    webSocket.sendClose(1000);
    webSocket.send("4behind");
    await ended;
    await webSocket.connection.closed;
    expect(messages).toEqual(["before"]);
  });

  test.each([
    ["nonsense", "x", "parse error"],
    ["an unknown packet type", "9", "parse error"],
    ["nothing", "", "parse error"],
    ["a ping", "2", "transport error"],
  ] as const)("%s in a text frame ends the session: %p, %s", async (_, text, reason) => {
    wire.start();
    const { webSocket, ended } = await wire.openWebSocket();
    webSocket.send(text);
    expect((await ended).reason).toBe(reason);
    expect(await webSocket.closeCode()).not.toBe(1006);
    wire.expectNoSessions();
  });

  test.each(["0", "5", "6", "4"])(
    "the packet %p, which means nothing here, leaves the session open",
    async (packet) => {
      wire.start();
      const { session, webSocket } = await wire.openWebSocket();
      const packets: string[] = [];
      session.on("packet", ({ type }) => packets.push(type));
      const message = new Promise((resolve) => {
        session.on("message", (data) => data === "behind" && resolve(data));
      });
      webSocket.send(packet);
      webSocket.send("4behind");
      expect(await message).toBe("behind");
      expect(packets.length).toBe(2);
      expect(session.readyState).toBe("open");
    },
  );
});

// With these, the reference shows what its own WebSocket package makes of them.
overTheWire((wire) => {
  test("a close frame right behind the request for a WebSocket ends the session", async () => {
    const engine = wire.start();
    const reason = new Promise((resolve) => {
      engine.on("connection", (session) => session.once("close", resolve));
    });
    const connection = wire.connect();
    connection.request("GET", wire.path({ transport: "websocket" }), {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    });
    connection.write(Buffer.from([0x88, 0x80, 0, 0, 0, 0]));
    expect(await reason).toBe("transport close");
    wire.expectNoSessions();
  });

  test.each<[string, Record<string, string>]>([
    ["without a key", { "Sec-WebSocket-Key": "" }],
    ["of an old version", { "Sec-WebSocket-Version": "7" }],
  ])("a request for a WebSocket %s opens none and leaves no session", async (_, headers) => {
    wire.start();
    const { answer } = await requestWebSocket(
      wire.port,
      wire.path({ transport: "websocket" }),
      headers,
    );
    expect(answer.status).toBeGreaterThanOrEqual(400);
    wire.expectNoSessions();
  });
}, HOSTS);
