// What old clients may say that the stock ones do not.

import { afterEach, expect, test } from "bun:test";
import { once } from "../support/clients.ts";
import { HOSTS, type Host, type Running } from "../support/hosts.ts";
import { type RawWebSocket, requestWebSocket } from "../support/raw-websocket.ts";

const [host] = HOSTS as [Host];
let running: Running;
let webSocket: RawWebSocket;

async function open(): Promise<void> {
  const path = "/socket.io/?EIO=3&transport=websocket";
  const request = await requestWebSocket(running.port, path);
  webSocket = request.webSocket as RawWebSocket;
  expect(await webSocket.text()).toStartWith('0{"sid"');
}

afterEach(async () => {
  webSocket.connection.destroy();
  await running.close();
});

test("a client that asks for a namespace twice, before it is answered, gets one socket there", async () => {
  running = host.start({ allowEIO3: true });
  const { io } = running;
  const waiting: ((error?: Error) => void)[] = [];
  io.of("/slow").use((socket, next) => {
    socket.join("before");
    waiting.push(next);
  });
  await open();
  expect(await webSocket.text()).toBe("40");
  const connection = once(io.of("/slow"), "connection");
  webSocket.send("40/slow,");
  webSocket.send("40/slow,");
  while (waiting.length < 2) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  const [first, second] = waiting;
  second?.();
  await connection;
  first?.(new Error("too late for you"));
  io.of("/slow").to("before").emit("hello");
  expect(await webSocket.text()).toBe("40/slow,");
  expect(await webSocket.text()).toBe('42/slow,["hello"]');
  expect(io.of("/slow").sockets.size).toBe(1);
});

test("a namespace may have any name, with a query behind it", async () => {
  running = host.start({ allowEIO3: true });
  const { io } = running;
  await open();
  expect(await webSocket.text()).toBe("40");
  for (const name of ["/é b", "//double", "/a%20b"]) {
    const connection = once(io.of(name), "connection");
    webSocket.send(`40${name}?x=1%2C2&y=a+b,`);
    const [socket] = (await connection) as [{ handshake: { auth: unknown } }];
    expect(socket.handshake.auth).toEqual({ x: "1,2", y: "a b" });
    expect(await webSocket.text()).toBe(`40${name},`);
  }
});

test("a client that asks for / ends its connection, as it is there already", async () => {
  running = host.start({ allowEIO3: true });
  const connection = once(running.io, "connection");
  await open();
  const [socket] = (await connection) as [Parameters<typeof once>[0]];
  const gone = once(socket, "disconnect");
  webSocket.send("40");
  expect((await gone)[0]).toBe("forced close");
});

test("a client that is gone before it could join / leaves nothing behind", async () => {
  running = host.start({ allowEIO3: true });
  const { io } = running;
  io.engine.on("connection", (session) => session.close(true));
  const path = "/socket.io/?EIO=3&transport=websocket";
  const request = await requestWebSocket(running.port, path);
  webSocket = request.webSocket as RawWebSocket;
  expect(await webSocket.closeCode()).not.toBe(1006);
  expect(io.engine.clientsCount).toBe(0);
  expect([io.of("/").sockets.size, io.of("/").adapter.sids.size]).toEqual([0, 0]);
});
