// What a client can do by itself, and what the server does then.

import { afterEach, describe, expect, test } from "bun:test";
import { once as onceEmitted } from "node:events";
import { connect, type Socket as TcpSocket } from "node:net";
import type { Server, Socket } from "bun-socket.io";
import { Manager } from "socket.io-client";
import { Clients, once } from "../support/clients.ts";
import { HOSTS } from "../support/hosts.ts";

const clients = new Clients();
afterEach(() => clients.closeAll());

/** A WebSocket in the main namespace, by hand. */
async function join(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
  await new Promise<void>((resolve) => {
    socket.onmessage = ({ data }) => {
      if (data.startsWith("0")) {
        socket.send("40");
      } else if (data.startsWith("40")) {
        resolve();
      }
    };
  });
  return socket;
}

function closed(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.onclose = () => resolve();
  });
}

/** A WebSocket over TCP that reads when told to. It answers nothing but the first CONNECT. */
async function slowReader(port: number): Promise<TcpSocket> {
  const socket = connect(port, "127.0.0.1");
  socket.write(
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n" +
      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  await onceEmitted(socket, "data");
  socket.pause();
  socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x34, 0x30])); // "40", under an empty mask
  return socket;
}

describe.each(HOSTS)("with $name", ({ start }) => {
  test.each([
    ["an event", "42", '"nolistener"'],
    ["an acknowledgement", "430", "0"],
  ])(
    "%s with hundreds of thousands of arguments closes its connection alone",
    async (_name, head, first) => {
      const running = start();
      const refused = new Promise<Error>((resolve) => {
        running.io.on("connection", (socket) => {
          socket.emit("owed", () => {});
          socket.on("error", resolve);
          socket.on("ask", (reply: (answer: string) => void) => reply("alive"));
        });
      });
      const honest = await clients.connect(running.url);
      const attacker = await join(running.url);
      const cut = closed(attacker);
      attacker.send(`${head}[${first}${",0".repeat(400_000)}]`);
      await cut;
      expect((await refused).message).toBe("too many arguments");
      expect(await honest.emitWithAck("ask")).toBe("alive");
      await running.close();
    },
  );

  test("close() lets a WebSocket that is behind take what was sent", async () => {
    const running = start();
    const count = 5_000;
    const received: number[] = [];
    const client = clients.make(running.url, { transports: ["websocket"] });
    client.on("news", (index: number) => received.push(index));
    const connection = once<[Socket]>(running.io, "connection");
    await connection;
    for (let index = 0; index < count; index++) {
      running.io.emit("news", index, "x".repeat(2_000));
    }
    const gone = once(client, "disconnect");
    await running.close();
    await gone;
    expect(received).toEqual([...Array(count).keys()]);
  });

  test("close() cuts a WebSocket whose client never reads", async () => {
    const running = start();
    const connection = once<[Socket]>(running.io, "connection");
    const reader = await slowReader(running.port);
    const [socket] = await connection;
    for (let index = 0; index < 50; index++) {
      socket.emit("big", Buffer.alloc(900_000));
    }
    await running.close();
    expect(running.io.engine.clientsCount).toBe(0);
    reader.destroy();
  });

  test("an upgrade in the midst of a close still brings all that was sent", async () => {
    const running = start();
    const connection = once<[Socket]>(running.io, "connection");
    const endpoint = `${running.url}/socket.io/?EIO=4`;
    const opened = await (await fetch(`${endpoint}&transport=polling`)).text();
    const { sid } = JSON.parse(opened.slice(1));
    const poll = `${endpoint}&transport=polling&sid=${sid}`;
    await fetch(poll, { method: "POST", body: "40" });
    await fetch(poll);
    const [socket] = await connection;
    const candidate = new WebSocket(
      `${endpoint.replace("http", "ws")}&transport=websocket&sid=${sid}`,
    );
    candidate.binaryType = "arraybuffer";
    const probed = new Promise<void>((resolve) => {
      candidate.onopen = () => candidate.send("2probe");
      candidate.onmessage = () => resolve();
    });
    await probed;
    for (let index = 0; index < 60; index++) {
      socket.emit("big", index, "x".repeat(500_000));
    }
    socket.disconnect(true);
    const received: unknown[] = [];
    candidate.onmessage = ({ data }) => received.push(JSON.parse(data.slice(2) || "null")?.[1]);
    const end = closed(candidate);
    candidate.send("5");
    await end;
    expect(received.slice(0, 60)).toEqual([...Array(60).keys()]);
    await running.close();
  });

  test("a client that joins anew while a middleware takes its time stays connected", async () => {
    const running = start();
    const gates: (() => void)[] = [];
    running.io.of("/slow").use((_socket, next) => gates.push(next));
    running.io.of("/slow").on("connection", (socket) => {
      socket.on("ask", (reply: (answer: string) => void) => reply("here"));
    });
    const manager = new Manager(running.url, { transports: ["websocket"], reconnection: false });
    const main = manager.socket("/");
    await once(main, "connect");
    const slow = manager.socket("/slow");
    slow.disconnect().connect();
    const { promise: bothAsked, resolve } = Promise.withResolvers<void>();
    const timer = setInterval(() => gates.length === 2 && resolve(), 1);
    await bothAsked;
    clearInterval(timer);
    for (const open of gates) {
      open();
    }
    await once(slow, "connect");
    expect(await slow.emitWithAck("ask")).toBe("here");
    expect(main.connected).toBe(true);
    expect(running.io.of("/slow").sockets.size).toBe(1);
    main.disconnect();
    slow.disconnect();
    await running.close();
  });

  test.each(["HTTP/1.0\r\n", "HTTP/1.1\r\nHost:\r\n", "HTTP/1.1\r\nHost: a b\r\n"])(
    "a handshake without a usable Host header is answered (%p)",
    async (rest) => {
      const running = start();
      const socket = connect(running.port, "127.0.0.1");
      socket.write(`GET /socket.io/?EIO=4&transport=polling ${rest}\r\n`);
      const [answer] = await onceEmitted(socket, "data");
      expect(String(answer)).toMatch(/^HTTP\/1\.[01] 200 /);
      socket.destroy();
      await running.close();
    },
  );
});

test("a message that a slow client still reads when the server closes arrives whole", async () => {
  const running = HOSTS[0]?.start();
  const connection = once<[Socket]>(running?.io as Server, "connection");
  const reader = await slowReader(running?.port ?? 0);
  const [socket] = await connection;
  const bytes = 8_000_000;
  socket.emit("big", Buffer.alloc(bytes));
  socket.disconnect(true);
  await Bun.sleep(6_000); // Bun would have cut a socket without an idle timeout by then
  let received = 0;
  reader.on("data", (chunk) => {
    received += chunk.length;
  });
  reader.resume();
  await onceEmitted(reader, "close");
  expect(received).toBeGreaterThan(bytes);
  await running?.close();
}, 20_000);
