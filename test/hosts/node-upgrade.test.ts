import { afterEach, describe, expect, test } from "bun:test";
import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import { connect } from "node:net";
import { Server } from "bun-socket.io";
import type { Session } from "bun-socket.io/engine";
import { once as onceOf } from "../support/clients.ts";
import { portOf } from "../support/hosts.ts";
import { PACKAGES } from "../support/packages.ts";
import { Connection } from "../support/raw.ts";
import { OPCODES, RawWebSocket, requestWebSocket } from "../support/raw-websocket.ts";

const hostname = "127.0.0.1";
const PATH = "/socket.io/?EIO=4&transport=websocket";
const UPGRADE = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
};

let server: HttpServer;
let close: () => unknown;
afterEach(async () => {
  const closed = close();
  server.closeAllConnections();
  await closed;
});

async function listen(io: { close(): unknown }): Promise<number> {
  close = () => io.close();
  server.listen(0, hostname);
  await once(server, "listening");
  return portOf(server);
}

function frame(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

describe.each([...PACKAGES])("$name on node:http", ({ Server: PackageServer }) => {
  test("drops a client that leaves while allowRequest thinks", async () => {
    server = createServer();
    const asked: { decide?: (error: null, success: boolean) => void } = {};
    const io = new PackageServer(server, {
      allowRequest: (_request, decide) => {
        asked.decide = decide;
      },
    });
    const port = await listen(io);
    const upgrade = once(server, "upgrade");
    const connection = new Connection(port);
    connection.request("GET", PATH, UPGRADE);
    const [, socket] = await upgrade;
    const gone = once(socket, "end");
    connection.destroy();
    socket.resume();
    await gone;
    asked.decide?.(null, true);
    expect(io.engine.clientsCount).toBe(0);
  });
});

test("gets frames that come along with the request, and sends behind them", async () => {
  server = createServer();
  const io = new Server(server);
  const port = await listen(io);
  io.on("connection", (socket) => socket.emit("large", "x".repeat(300_000), socket.id));
  const lines = [`GET ${PATH} HTTP/1.1`, `Host: ${hostname}`];
  const headers = Object.entries(UPGRADE).map(([name, value]) => `${name}: ${value}`);
  const head = [...lines, ...headers].join("\r\n");
  const connection = new Connection(port);
  connection.write(Buffer.concat([Buffer.from(`${head}\r\n\r\n`), frame("40")]));
  const webSocket = new RawWebSocket(connection, await connection.response());
  expect(webSocket.answer.status).toBe(101);
  expect(await webSocket.text()).toStartWith("0{");
  expect(await webSocket.text()).toStartWith("40{");
  const event = await webSocket.text();
  expect([event.length > 300_000, event.slice(0, 12)]).toEqual([true, '42["large","']);
  webSocket.sendClose(1000);
  expect(await webSocket.closeCode()).toBe(1000);
  await connection.closed;
});

test("answers 500 where a listener sets a header that cannot be sent, and writes none of it", async () => {
  const script = `
    import { createServer } from "node:http";
    import { Server } from "bun-socket.io";
    process.on("uncaughtException", (error) => console.log(error.code));
    const server = createServer();
    const io = new Server(server);
    io.engine.on("headers", (headers) => { headers["x-own"] = "a\\r\\nx-other: b"; });
    server.listen(0, "${hostname}", async () => {
      const { port } = server.address();
      const { requestWebSocket } = await import("${import.meta.dir}/../support/raw-websocket.ts");
      const { answer } = await requestWebSocket(port, "${PATH}");
      console.log(answer.status, JSON.stringify(answer.headers), io.engine.clientsCount);
      process.exit();
    });
  `;
  const child = Bun.spawn([process.execPath, "-e", script], { cwd: `${import.meta.dir}/../..` });
  const output = await new Response(child.stdout).text();
  expect(output.trim().split("\n").sort()).toEqual([
    '500 {"connection":"close","content-length":"0"} 0',
    "ERR_INVALID_CHAR",
  ]);
  server = createServer();
  close = () => undefined;
});

test("a session that a client leaves with a wrong frame ends, as it does on Bun.serve", async () => {
  server = createServer();
  const io = new Server(server);
  const port = await listen(io);
  const connection = onceOf<[{ once(event: string, listener: () => void): unknown }]>(
    io.engine,
    "connection",
  );
  const { webSocket } = await requestWebSocket(port, PATH);
  const [session] = await connection;
  const ended = onceOf<[string, unknown]>(session, "close");
  webSocket?.sendFrame({ opcode: OPCODES.text, payload: Buffer.from("x"), rsv: 2 });
  expect(await ended).toEqual(["transport close", undefined]);
  await webSocket?.connection.closed;
});

test("several packets of one turn leave in one write", async () => {
  server = createServer();
  const io = new Server(server);
  const port = await listen(io);
  const socket = connect(port, hostname);
  const headers = Object.entries(UPGRADE).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${PATH} HTTP/1.1\r\nHost: a\r\n${headers.join("")}\r\n`);
  const session = await new Promise<Session>((resolve) => io.engine.once("connection", resolve));
  const chunks: string[] = [];
  const done = new Promise<void>((resolve) => {
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk.toString("latin1"));
      if (chunks.at(-1)?.includes("message 19")) {
        resolve();
      }
    });
  });
  for (let index = 0; index < 20; index++) {
    session.send(`message ${index}`);
  }
  await done;
  expect(chunks.filter((chunk) => chunk.includes("message"))).toHaveLength(1);
  socket.destroy();
});
