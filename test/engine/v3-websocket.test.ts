import { expect, test } from "bun:test";
import { OPCODES } from "../support/raw-websocket.ts";
import { requestWebSocket } from "../support/raw-websocket.ts";
import { overTheWire, until } from "../support/wire.ts";
import {
  openPolling,
  openWebSocket,
  poll,
  recordMessages,
  startV3,
  V3,
} from "../support/wire-v3.ts";

overTheWire((wire) => {
  test("a session opens over WebSocket", async () => {
    startV3(wire);
    const { open, session } = await openWebSocket(wire);
    expect(open.upgrades).toEqual([]);
    expect([session.protocol, session.transport.name]).toEqual([3, "websocket"]);
  });

  test("none does unless allowEIO3 is on", async () => {
    wire.start();
    const errors = wire.recordErrors();
    const path = wire.path({ ...V3, transport: "websocket" });
    const { webSocket, connection } = await requestWebSocket(wire.port, path);
    if (wire.isReference) {
      // It accepts the WebSocket first, and writes its answer in between the frames.
      await until(() => errors.length === 1);
    } else {
      expect(webSocket).toBeNull();
    }
    connection.destroy();
    expect(errors).toEqual([
      { code: 5, message: "Unsupported protocol version", context: { protocol: 3 } },
    ]);
    wire.expectNoSessions();
  });

  test("bytes have their type before them, text is as in revision 4", async () => {
    startV3(wire);
    const { session, webSocket } = await openWebSocket(wire);
    session.send("é");
    session.send(Buffer.from([0, 255]));
    session.send(new Uint8Array([1, 2, 3]).subarray(1));
    expect(await webSocket.text()).toBe("4é");
    for (const bytes of [
      [4, 0, 255],
      [4, 2, 3],
    ]) {
      const { opcode, payload } = await webSocket.frame();
      expect([opcode, [...payload]]).toEqual([OPCODES.binary, bytes]);
    }
    const messages = recordMessages(session);
    webSocket.send("4é");
    webSocket.sendBytes(Buffer.from([4, 0, 255]));
    webSocket.sendBytes(Buffer.from([4]));
    webSocket.send("4");
    await until(() => messages.length === 4);
    expect(messages).toEqual(["é", Buffer.from([0, 255]), Buffer.alloc(0), undefined]);
  });

  test("bytes go as base64 to a client that asks for it", async () => {
    startV3(wire);
    const { session, webSocket } = await openWebSocket(wire, { b64: "1" });
    session.send(Buffer.from([0, 1, 255]));
    expect(await webSocket.text()).toBe("b4AAH/");
    const messages = recordMessages(session);
    webSocket.send("b4AAH/");
    webSocket.sendBytes(Buffer.from([4, 9]));
    await until(() => messages.length === 2);
    expect(messages).toEqual([Buffer.from([0, 1, 255]), Buffer.from([9])]);
  });

  test("bytes go as base64 to a client of revision 4 that asks for it", async () => {
    wire.start();
    const webSocket = await wire.upgrade({ b64: "1" });
    const { sid } = JSON.parse((await webSocket.text()).slice(1));
    const session = wire.session(sid);
    session.send(Buffer.from([0, 1, 255]));
    expect(await webSocket.text()).toBe("bAAH/");
    const messages = recordMessages(session);
    webSocket.send("bAAH/");
    await until(() => messages.length === 1);
    expect(messages).toEqual([Buffer.from([0, 1, 255])]);
  });

  test("the client's ping is answered with a pong, and keeps the session alive", async () => {
    startV3(wire, { pingInterval: 100, pingTimeout: 400 });
    const { session, webSocket } = await openWebSocket(wire);
    for (let count = 1; count <= 7; count++) {
      await Bun.sleep(100);
      webSocket.send("2");
      expect(await webSocket.text()).toBe("3");
    }
    expect(session.readyState).toBe("open");
  });

  test("a session without pings ends with a ping timeout", async () => {
    startV3(wire, { pingInterval: 30, pingTimeout: 30 });
    const { webSocket, ended } = await openWebSocket(wire);
    expect(await ended).toBe("ping timeout");
    expect(await webSocket.closeCode()).not.toBe(1006);
  });

  test.each(["3", "3probe"])("a pong ends the session: %p", async (packet) => {
    startV3(wire);
    const { webSocket, ended } = await openWebSocket(wire);
    webSocket.send(packet);
    expect(await ended).toBe("transport error");
  });

  test.each(["", "9", "x", "xyz"])("what is no packet ends the session: %p", async (message) => {
    startV3(wire);
    const { webSocket, ended } = await openWebSocket(wire);
    webSocket.send(message);
    expect(await ended).toBe("parse error");
  });

  test("a message over maxHttpBufferSize ends the session", async () => {
    startV3(wire, { maxHttpBufferSize: 10 });
    const { session, webSocket, ended } = await openWebSocket(wire);
    const messages = recordMessages(session);
    webSocket.sendBytes(Buffer.alloc(10, 4));
    await until(() => messages.length === 1);
    webSocket.sendBytes(Buffer.alloc(11, 4));
    expect(await ended).toBe("transport error");
  });

  test("a polling session moves to WebSocket, and takes what was sent meanwhile along", async () => {
    startV3(wire);
    const peer = await openPolling(wire);
    const parked = poll(wire, peer);
    await until(() => peer.session.transport.writable);
    const webSocket = await wire.upgrade({ ...V3, sid: peer.sid });
    webSocket.send("2probe");
    expect(await webSocket.text()).toBe("3probe");
    expect(await parked).toEqual(["6"]);
    peer.session.send(Buffer.from([7]));
    webSocket.send("5");
    const { opcode, payload } = await webSocket.frame();
    expect([opcode, [...payload]]).toEqual([OPCODES.binary, [4, 7]]);
    expect([peer.session.upgraded, peer.session.transport.name]).toEqual([true, "websocket"]);
    webSocket.send("2");
    expect(await webSocket.text()).toBe("3");
  });

  test("a candidate of the other revision is refused", async () => {
    startV3(wire);
    const { sid } = await openPolling(wire);
    const errors = wire.recordErrors();
    const path = wire.path({ sid, transport: "websocket" });
    const { answer } = await requestWebSocket(wire.port, path);
    expect(answer.status).toBe(400);
    expect(errors.map(({ context }) => context.name)).toEqual(["PROTOCOL_MISMATCH"]);
  });

  if (!wire.isReference) {
    // Its pong is always empty, and it ignores a close packet.
    test("a pong has what its ping carried, be it text or bytes", async () => {
      startV3(wire);
      const { webSocket } = await openWebSocket(wire);
      webSocket.send("2hello €");
      expect(await webSocket.text()).toBe("3hello €");
      webSocket.sendBytes(Buffer.from([2, 0, 255]));
      const { opcode, payload } = await webSocket.frame();
      expect([opcode, payload]).toEqual([OPCODES.binary, Buffer.from([3, 0, 255])]);
    });

    test("a close packet ends the session", async () => {
      startV3(wire);
      const { ended, webSocket } = await openWebSocket(wire);
      webSocket.send("1");
      expect(await ended).toBe("transport close");
      wire.expectNoSessions();
    });

    // It forgets to watch once a session has moved.
    test("a session that has moved ends with a ping timeout, too", async () => {
      startV3(wire, { pingInterval: 100, pingTimeout: 400 });
      const { sid, session, ended } = await openPolling(wire);
      const webSocket = await wire.upgrade({ ...V3, sid });
      webSocket.send("2probe");
      expect(await webSocket.text()).toBe("3probe");
      webSocket.send("5");
      await until(() => session.upgraded);
      expect(await ended).toBe("ping timeout");
    });

    // It takes it for a packet without a type, and goes on.
    test.each([[[]], [[9, 1]], [[0x34, 1]]])(
      "bytes of no type end the session: %p",
      async (bytes) => {
        startV3(wire);
        const { webSocket, ended } = await openWebSocket(wire);
        webSocket.sendBytes(Buffer.from(bytes));
        expect(await ended).toBe("parse error");
      },
    );
  }
});
