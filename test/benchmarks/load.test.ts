// What the figures of the benchmarks rest on: that the load sends and counts what it says.

import { describe, expect, test } from "bun:test";
import { FrameCounter, frameOf } from "../../benchmarks/load/frames.ts";
import { median } from "../../benchmarks/statistics.ts";

/** A server's frame (RFC 6455, section 5.2): without a mask. */
function serverFrame(length: number): Buffer {
  const head =
    length < 126
      ? Buffer.from([0x81, length])
      : length < 65_536
        ? Buffer.from([0x81, 126, length >> 8, length & 255])
        : Buffer.from([0x81, 127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255]);
  return Buffer.concat([head, Buffer.alloc(length, 0x81)]); // bytes that look like frames
}

const LENGTHS = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000, 0, 5];

describe("the load", () => {
  test.each([1, 2, 3, 7, 100, 65_536, 1_000_000])(
    "counts frames of every length that come in pieces of %i bytes",
    (size) => {
      const stream = Buffer.concat(LENGTHS.map(serverFrame));
      const counter = new FrameCounter();
      let frames = 0;
      for (let at = 0; at < stream.length; at += size) {
        frames += counter.count(stream.subarray(at, at + size));
      }
      expect(frames).toBe(LENGTHS.length);
    },
  );

  test.each(["42[]", "x".repeat(200), new Uint8Array([1, 2, 3])])(
    "sends frames that a server of Bun reads as they were meant: %p",
    async (payload) => {
      const { promise, resolve } = Promise.withResolvers<string | Buffer>();
      const server = Bun.serve({
        port: 0,
        hostname: "127.0.0.1",
        fetch: (request, self) => (self.upgrade(request) ? undefined : new Response()),
        websocket: { message: (_ws, message) => resolve(message) },
      });
      const socket = await Bun.connect({
        hostname: "127.0.0.1",
        port: server.port ?? 0,
        socket: { data: (client) => void client.write(frameOf(payload)) },
      });
      socket.write(
        "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
      );
      const message = await promise;
      expect(typeof message === "string" ? message : new Uint8Array(message)).toEqual(payload);
      socket.terminate();
      await server.stop(true);
    },
  );
});

test("the middle of an even number of values is between the two there", () => {
  expect([median([3]), median([1, 9]), median([5, 1, 3])]).toEqual([3, 5, 3]);
});
