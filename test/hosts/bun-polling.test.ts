// What waits on Bun.serve: a poll, for longer than Bun lets a connection be silent by itself.

import { afterEach, expect, test } from "bun:test";
import { Server } from "bun-socket.io";
import { Connection, exchange } from "../support/raw.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) {
    await close();
  }
});

test("a poll waits for longer than the server's idleTimeout, which ends other requests", async () => {
  const io = new Server();
  const { promise: opened, resolve } = Promise.withResolvers<{ send(data: string): unknown }>();
  io.engine.on("connection", resolve);
  const never = new Promise<Response>(() => {});
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 1,
    ...io.handler({ fetch: () => never }),
  });
  const port = server.port ?? 0;
  const poll = new Connection(port);
  const other = new Connection(port);
  closers.push(
    () => poll.destroy(),
    () => other.destroy(),
    () => io.close(),
    () => server.stop(true),
  );
  const path = "/socket.io/?EIO=4&transport=polling";
  const handshake = await exchange(port, "GET", path);
  const { sid } = JSON.parse(handshake.body.slice(1));
  poll.request("GET", `${path}&sid=${sid}`);
  other.request("GET", "/other");
  await other.closed;
  (await opened).send("hello");
  expect((await poll.response()).body).toBe("4hello");
}, 20_000);
