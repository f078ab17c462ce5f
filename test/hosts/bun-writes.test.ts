// In how many writes leaves what a client is sent.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { connect, type Socket as TcpSocket } from "node:net";
import { Server, type Socket } from "bun-socket.io";
import { once } from "../support/clients.ts";
import { encodeFrame, OPCODES } from "../support/raw-websocket.ts";
import { RecordCounter } from "../support/tls-records.ts";

const hostname = "127.0.0.1";
const REQUEST =
  `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: ${hostname}\r\n` +
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";

function frame(text: string): Uint8Array {
  return encodeFrame({ opcode: OPCODES.text, payload: Buffer.from(text) });
}

describe("over TLS, where writes can be counted", () => {
  const pem = Bun.file(`${import.meta.dir}/../support/tls.pem`);
  let io: Server;
  let server: Bun.Server<undefined>;
  let wire: RecordCounter;
  let socket: Socket;

  beforeEach(async () => {
    const key = await pem.text();
    io = new Server();
    server = Bun.serve({ port: 0, hostname, tls: { key, cert: key }, ...io.handler() });
    wire = new RecordCounter(server.port ?? 0);
    await wire.open();
    const connection = once<[Socket]>(io, "connection");
    wire.write(REQUEST);
    await wire.until('0{"sid"');
    wire.write(frame("40"));
    [socket] = await connection;
    await wire.until('40{"sid"');
  });

  afterEach(async () => {
    wire.close();
    await io.close();
    await server.stop(true);
  });

  /** What comes after some frames were sent in one piece: in how many writes, in which order. */
  async function exchange(...texts: string[]): Promise<{ writes: number; order: string[] }> {
    const before = wire.records;
    wire.text = "";
    wire.write(Buffer.concat(texts.map(frame)));
    await wire.until('"end"');
    const order = [...wire.text.matchAll(/4(?:2\["(\w+)"|(3\d))/g)];
    return {
      writes: wire.records - before,
      order: order.map(([, name, ack]) => name ?? ack ?? ""),
    };
  }

  test("all that a listener sends to its own client leaves in one write, in order", async () => {
    socket.on("go", (reply: () => void) => {
      socket.emit("one");
      io.emit("two");
      reply();
      socket.emit("bytes", Buffer.alloc(10));
      io.to(socket.id).emit("three");
      socket.emit("end");
    });
    expect(await exchange('421["go"]')).toEqual({
      writes: 1,
      order: ["one", "two", "31", "three", "end"],
    });
  });

  test("the answers to messages that came together leave in one write, in order", async () => {
    socket.on("go", (reply: () => void) => reply());
    socket.on("last", () => socket.emit("end"));
    expect(await exchange('421["go"]', '422["go"]', '423["go"]', '42["last"]')).toEqual({
      writes: 1,
      order: ["31", "32", "33", "end"],
    });
  });

  test("what is sent outside of a listener leaves in one write, in order", async () => {
    socket.on("go", () => {
      setTimeout(() => {
        socket.emit("one");
        io.emit("two");
        process.nextTick(() => socket.emit("end"));
      }, 0);
    });
    expect(await exchange('42["go"]')).toEqual({ writes: 1, order: ["one", "two", "end"] });
  });

  test("what a listener sends before and behind an await arrives in order", async () => {
    socket.on("go", async (reply: () => void) => {
      socket.emit("one");
      await null;
      socket.emit("two");
      reply();
      await null;
      socket.emit("end");
    });
    expect((await exchange('421["go"]')).order).toEqual(["one", "two", "31", "end"]);
  });

  test("someone who listens to the engine gets packets, flushes and drains all the same", async () => {
    const told: string[] = [];
    socket.conn.on("packetCreate", ({ data }) => told.push(`packet ${data}`));
    socket.conn.on("flush", (packets) => told.push(`flush ${packets.length}`));
    io.engine.on("drain", () => told.push("drain"));
    socket.on("go", () => {
      socket.emit("one");
      socket.emit("end");
    });
    expect((await exchange('42["go"]')).writes).toBe(1);
    expect(told).toEqual(['packet 2["one"]', 'packet 2["end"]', "flush 2", "drain"]);
  });
});

test("what a client does not take waits, and arrives in order", async () => {
  const COUNT = 400;
  const io = new Server({ pingInterval: 60_000 });
  const server = Bun.serve({ port: 0, hostname, ...io.handler() });
  const connection = once<[Socket]>(io, "connection");
  const client: TcpSocket = connect(server.port ?? 0, hostname);
  client.write(Buffer.concat([Buffer.from(REQUEST), frame("40")]));
  const [socket] = await connection;
  const chunks: Buffer[] = [];
  let onChunk = (_chunk: Buffer): void => {};
  client.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    onChunk(chunk);
  });
  const until = (isIt: (chunk: Buffer) => boolean): Promise<void> =>
    new Promise((resolve) => {
      onChunk = (chunk) => isIt(chunk) && resolve();
    });
  await until((chunk) => chunk.includes('40{"sid"'));
  client.pause();
  const waiting = new Promise<number>((resolve) => {
    socket.on("go", () => {
      for (let index = 0; index < COUNT; index++) {
        socket.emit("part", index, "x".repeat(50_000));
      }
      socket.emit("end");
      resolve(socket.conn.writeBuffer.length);
    });
  });
  client.write(frame('42["go"]'));
  const left = await waiting;
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThan(COUNT);
  const all = until((chunk) => chunk.includes('42["end"]'));
  client.resume();
  await all;
  const text = Buffer.concat(chunks).toString("latin1");
  const parts = [...text.matchAll(/42\["part",(\d+),"x{50000}"\]/g)].map(([, index]) => index);
  expect(parts).toEqual(Array.from({ length: COUNT }, (_, index) => `${index}`));
  client.destroy();
  await io.close();
  await server.stop(true);
});
