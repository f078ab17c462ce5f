// What a client sends, cut in two at every byte: TCP delivers it so, sooner or later.

import { afterEach, describe, expect, test } from "bun:test";
import type { Server } from "bun-socket.io";
import { HOSTS, type Running } from "../support/hosts.ts";
import { Connection } from "../support/raw.ts";
import { encodeFrame, OPCODES, RawWebSocket, requestWebSocket } from "../support/raw-websocket.ts";

const PATH = "/socket.io/?EIO=4&transport=";
const EVENTS = [["text", "é€"], ["bytes", Buffer.from([0, 255]), Buffer.from([7])], ["last"]];
const PACKETS = [
  "40",
  '42["text","é€"]',
  '452-["bytes",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
  Buffer.from([0, 255]),
  Buffer.from([7]),
  '42["last"]',
];

/** Lets what was written leave, and come. */
async function pass(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Writes bytes in two parts. */
async function writeInTwo(connection: Connection, bytes: Buffer, at: number): Promise<void> {
  connection.write(bytes.subarray(0, at));
  await pass();
  connection.write(bytes.subarray(at));
}

/** The events of the next socket, up to `last`. */
function nextEvents(io: Server): Promise<unknown[][]> {
  return new Promise((resolve) => {
    io.once("connection", (socket) => {
      const events: unknown[][] = [];
      socket.onAny((...event) => {
        events.push(event);
        if (event[0] === "last") resolve(events);
      });
    });
  });
}

function requestOf(method: string, path: string, headers: readonly string[], body = ""): Buffer {
  const length = body === "" ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  return Buffer.from(
    [`${method} ${path} HTTP/1.1`, "Host: a", ...length, ...headers, "", body].join("\r\n"),
  );
}

describe.each(HOSTS)("with $name", (host) => {
  let running: Running;
  const connections: Connection[] = [];
  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.destroy();
    await running.close();
  });

  function connect(): Connection {
    const connection = new Connection(running.port);
    connections.push(connection);
    return connection;
  }

  test("frames cut in two at every byte bring the same events", async () => {
    running = host.start();
    const frames = Buffer.concat(
      PACKETS.map((packet) =>
        typeof packet === "string"
          ? encodeFrame({ opcode: OPCODES.text, payload: Buffer.from(packet) })
          : encodeFrame({ opcode: OPCODES.binary, payload: packet }),
      ),
    );
    for (let at = 1; at < frames.length; at++) {
      const { webSocket, connection } = await requestWebSocket(running.port, `${PATH}websocket`);
      connections.push(connection);
      expect((await webSocket?.text())?.[0]).toBe("0");
      const events = nextEvents(running.io);
      await writeInTwo(connection, frames, at);
      expect(await events).toEqual(EVENTS);
      connection.destroy();
    }
  });

  test("requests cut in two at every byte bring the same events", async () => {
    running = host.start();
    const handshake = requestOf("GET", `${PATH}polling`, []);
    const body = PACKETS.map((packet) =>
      typeof packet === "string" ? packet : `b${packet.toString("base64")}`,
    ).join("\x1e");
    const post = (sid: string): Buffer =>
      requestOf("POST", `${PATH}polling&sid=${sid}`, ["Content-Type: text/plain"], body);
    const length = post("x".repeat(20)).length;
    for (let at = 1; at < length; at++) {
      const connection = connect();
      await writeInTwo(connection, handshake, Math.min(at, handshake.length - 1));
      const { sid } = JSON.parse((await connection.response()).body.slice(1));
      const events = nextEvents(running.io);
      await writeInTwo(connection, post(sid), at);
      expect(await events).toEqual(EVENTS);
      expect((await connection.response()).body).toBe("ok");
      connection.destroy();
      running.io.engine.clients[sid]?.close(true);
    }
  });

  test("requests for a WebSocket cut in two at every byte open it", async () => {
    running = host.start();
    const request = requestOf("GET", `${PATH}websocket`, [
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]);
    for (let at = 1; at < request.length; at++) {
      const connection = connect();
      await writeInTwo(connection, request, at);
      const answer = await connection.response();
      expect(answer.status).toBe(101);
      expect((await new RawWebSocket(connection, answer).text())[0]).toBe("0");
      connection.destroy();
    }
  });
});
