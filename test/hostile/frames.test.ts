// What can be done with WebSocket frames.

import { expect, test } from "bun:test";
import { constants, deflateRawSync } from "node:zlib";
import { encodeFrame, OPCODES } from "../support/raw-websocket.ts";
import { underSiege } from "../support/siege.ts";
import { ask, LIMIT, PATH, text, UPGRADE } from "../support/siege-requests.ts";

underSiege({}, (siege) => {
  test("a packet of more than maxHttpBufferSize over WebSocket ends its session", async () => {
    for (const frames of [
      [encodeFrame({ opcode: OPCODES.binary, payload: Buffer.alloc(LIMIT + 1) })],
      [Buffer.from([0x82, 0xff, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4])],
      [
        text("4".repeat(LIMIT / 2), { fin: false }),
        text("4".repeat(LIMIT / 2), { opcode: OPCODES.continuation, fin: false }),
        text("4", { opcode: OPCODES.continuation }),
      ],
    ]) {
      const webSocket = await siege.webSocket();
      for (const frame of frames) {
        webSocket.connection.write(frame);
      }
      expect(await webSocket.closeCode()).toBe(1009);
      const { reasons } = await siege.until(({ reasons }) => reasons.length > 0);
      expect(reasons).toEqual(["transport error"]);
    }
  });

  const FRAMES: Record<string, Buffer> = {
    "a reserved bit": text("42", { rsv: 4 }),
    "other reserved bits": text("42", { rsv: 3 }),
    "no mask": encodeFrame({ opcode: OPCODES.text, payload: Buffer.from("42") }, false),
    "an opcode that there is not": text("x", { opcode: 3 }),
    "an opcode of control frames to come": text("x", { opcode: 11 }),
    "a ping that is too long": text("x".repeat(126), { opcode: OPCODES.ping }),
    "a ping in fragments": text("x", { opcode: OPCODES.ping, fin: false }),
    "a continuation of nothing": text("x", { opcode: OPCODES.continuation }),
    "text that is no UTF-8": encodeFrame({ opcode: 1, payload: Buffer.from([0x34, 0xff, 0xfe]) }),
    "a new message within another": Buffer.concat([text("42", { fin: false }), text("42")]),
    "a close frame of one byte": text("x", { opcode: OPCODES.close }),
    "a length beyond all numbers": Buffer.from([0x81, 0xff, ...Array(8).fill(255), 1, 2, 3, 4]),
  };

  test.each(Object.entries(FRAMES))("a bad frame ends its session (%s)", async (_name, frame) => {
    const webSocket = await siege.webSocket();
    webSocket.connection.write(frame);
    expect([1002, 1007, 1009]).toContain(await webSocket.closeCode());
    const { reasons } = await siege.until(({ reasons }) => reasons.length > 0);
    expect(["transport close", "transport error"]).toContain(reasons[0] ?? "");
  });

  test.each(Object.entries(FRAMES))(
    "a bad frame right behind the request for a WebSocket ends the connection (%s)",
    async (_name, frame) => {
      const connection = siege.connect();
      const request = `GET ${PATH}websocket HTTP/1.1\r\n${UPGRADE.join("\r\n")}\r\n\r\n`;
      connection.write(Buffer.concat([Buffer.from(request), frame]));
      await connection.closed;
    },
  );

  test.each([
    ["no key", UPGRADE.filter((line) => !line.includes("Key"))],
    ["a wrong key", [...UPGRADE.filter((line) => !line.includes("Key")), "Sec-WebSocket-Key: x"]],
    [
      "another version",
      [...UPGRADE.filter((line) => !line.includes("Version")), "Sec-WebSocket-Version: 99"],
    ],
    ["a body", [...UPGRADE, "Content-Length: 5"]],
  ])("a request for a WebSocket that is none ends in an answer (%s)", async (_name, lines) => {
    const connection = ask(siege, [`GET ${PATH}websocket HTTP/1.1`, ...lines], "hello");
    await Promise.race([connection.closed, connection.response()]);
    connection.destroy();
  });

  test("a message in tens of thousands of tiny fragments costs its session alone", async () => {
    const webSocket = await siege.webSocket();
    const { connection } = webSocket;
    connection.write(text('427["echo","', { fin: false }));
    const fragment = text("x", { opcode: OPCODES.continuation, fin: false });
    const empty = text("", { opcode: OPCODES.continuation, fin: false });
    connection.write(Buffer.concat(Array.from({ length: 40_000 }, () => fragment)));
    connection.write(Buffer.concat(Array.from({ length: 40_000 }, () => empty)));
    connection.write(text('"]', { opcode: OPCODES.continuation }));
    expect(await webSocket.text()).toBe(`437["${"x".repeat(40_000)}"]`);
  });

  test("fragments that never end are bounded by maxHttpBufferSize", async () => {
    const webSocket = await siege.webSocket();
    webSocket.connection.write(text("42", { fin: false }));
    const fragment = text("x".repeat(10_000), { opcode: OPCODES.continuation, fin: false });
    for (let index = 0; index < 101; index++) {
      webSocket.connection.write(fragment);
    }
    expect(await webSocket.closeCode()).toBe(1009);
  });

  test.each([
    ["pongs", OPCODES.pong],
    ["pings", OPCODES.ping],
  ])("a flood of %s, which nobody asked for, does no harm", async (_name, opcode) => {
    const webSocket = await siege.webSocket();
    const frame = text("x", { opcode });
    webSocket.connection.write(Buffer.concat(Array.from({ length: 20_000 }, () => frame)));
    webSocket.send('427["ask"]');
    for (;;) {
      const { opcode: answer, payload } = await webSocket.frame();
      if (answer === OPCODES.text) {
        expect(`${payload}`).toBe('437["alive"]');
        break;
      }
    }
  });
});

underSiege({ options: { perMessageDeflate: true } }, (siege) => {
  const headers = { "Sec-WebSocket-Extensions": "permessage-deflate" };

  test("a small message that inflates to gigabytes ends its session, and is never held", async () => {
    const { rssBytes } = await siege.until(() => true);
    const webSocket = await siege.webSocket(headers);
    expect(webSocket.answer.headers["sec-websocket-extensions"]).toContain("permessage-deflate");
    const bomb = deflateRawSync(Buffer.alloc(400_000_000, 0x34), {
      finishFlush: constants.Z_SYNC_FLUSH,
    });
    webSocket.sendFrame({ opcode: OPCODES.text, payload: bomb.subarray(0, -4), rsv: 4 });
    expect(await webSocket.closeCode()).toBe(1009);
    const after = await siege.until(({ reasons }) => reasons.length > 0);
    expect(after.reasons).toEqual(["transport error"]);
    expect(after.rssBytes - rssBytes).toBeLessThan(100_000_000);
  }, 20_000);

  test("what does not inflate ends its session", async () => {
    const webSocket = await siege.webSocket(headers);
    webSocket.sendFrame({ opcode: OPCODES.text, payload: Buffer.alloc(100, 0xff), rsv: 4 });
    expect([1002, 1006, 1007, 1009]).toContain(await webSocket.closeCode());
    await siege.until(({ reasons }) => reasons.length > 0);
  });
});
