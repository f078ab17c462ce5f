// What a client can do by itself over WebTransport, where packets come as a stream of bytes.

import { afterEach, expect, test } from "bun:test";
import { Engine, type Session } from "bun-socket.io/engine";
import { createPacketEncoderStream, type Packet } from "engine.io-parser";
import { MemoryWebTransport } from "../support/webtransport.ts";

const LIMIT = 1_000_000;
let engine: Engine;
afterEach(() => {
  engine.close();
});

interface Client {
  transport: MemoryWebTransport;
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

/** A client that writes bytes, and reads none of what it is sent. */
async function connect(): Promise<Client> {
  const transport = new MemoryWebTransport();
  void engine.onWebTransportSession(transport.server);
  const { writable, readable } = await transport.createBidirectionalStream();
  readable.pipeTo(new WritableStream()).catch(() => {}); // ends with the session
  const writer = writable.getWriter();
  writer.closed.catch(() => {});
  return { transport, write: (bytes) => writer.write(bytes) };
}

function start(): void {
  engine = new Engine({ transports: ["webtransport"], maxHttpBufferSize: LIMIT });
}

async function open(): Promise<Client & { session: Session }> {
  const opened = new Promise<Session>((resolve) => engine.once("connection", resolve));
  const client = await connect();
  await client.write(new Uint8Array([1, 0x30]));
  return { ...client, session: await opened };
}

/** The bytes of packets, as the reference's encoder makes them. */
async function encode(...packets: Packet[]): Promise<Buffer> {
  const { writable, readable } = createPacketEncoderStream();
  const writer = writable.getWriter();
  for (const packet of packets) {
    writer.write(packet).catch(() => {});
  }
  writer.close().catch(() => {});
  return Buffer.from(await Bun.readableStreamToBytes(readable));
}

test("a packet that comes byte by byte costs the same for each of them", async () => {
  start();
  const { session, write } = await open();
  const length = 60_000;
  const message = new Promise<unknown>((resolve) => session.once("message", resolve));
  const before = process.cpuUsage();
  await write(new Uint8Array([126, length >> 8, length & 255]));
  for (let count = 0; count < length; count++) {
    await write(new Uint8Array([0x34]));
  }
  expect(await message).toBe("4".repeat(length - 1));
  const { user, system } = process.cpuUsage(before);
  expect(user + system).toBeLessThan(1_500_000); // it took three seconds, and grew with the square
});

test.each([1, 2, 3, 7, 1000, 70_000, 300_000])(
  "packets cut into chunks of %d bytes arrive whole",
  async (size) => {
    start();
    const { session, write } = await open();
    const sent = ["x", "y".repeat(125), Buffer.from([1, 2, 3]), "ü".repeat(200)];
    if (size > 100) {
      sent.push("z".repeat(70_000), Buffer.alloc(70_000, 7));
    }
    const bytes = await encode(...sent.map((data): Packet => ({ type: "message", data })));
    const received: unknown[] = [];
    const all = new Promise<void>((resolve) => {
      session.on("message", (data) => {
        received.push(data);
        if (received.length === sent.length) {
          resolve();
        }
      });
    });
    for (let offset = 0; offset < bytes.length; offset += size) {
      await write(new Uint8Array(bytes.subarray(offset, offset + size)));
    }
    await all;
    expect(received).toEqual(sent);
  },
);

test.each([
  ["of no byte", [0]],
  ["beyond the limit", [127, 0, 0, 0, 0, 0, 0x0f, 0x42, 0x41]],
  ["beyond all numbers", [127, 255, 255, 255, 255, 255, 255, 255, 255]],
])("a packet %s ends its session, before and after the handshake", async (_name, bytes) => {
  start();
  const early = await connect();
  early.write(new Uint8Array(bytes)).catch(() => {}); // it is cut
  await early.transport.closed;
  const { session, transport, write } = await open();
  const reason = new Promise<unknown>((resolve) => session.once("close", resolve));
  write(new Uint8Array([...bytes, 1, 0x34])).catch(() => {});
  expect(await reason).toBe("parse error");
  await transport.closed;
  expect(engine.clientsCount).toBe(0);
});
