// Clients that are connected and do nothing more: half-open, or not reading.

import { afterEach, describe, expect, test } from "bun:test";
import type { Socket as ServerSocket } from "bun-socket.io";
import { Clients, once } from "../support/clients.ts";
import { HOSTS, type Running, TRANSPORTS } from "../support/hosts.ts";
import { Connection, exchange } from "../support/raw.ts";
import { requestWebSocket } from "../support/raw-websocket.ts";

const CLIENT = `${import.meta.dir}/../support/echo-client.mjs`;
// Long enough for those who are alive, also where the machine has much to do.
const BEAT = { pingInterval: 100, pingTimeout: 1_200 };
// In these the others' events take the process a while, too.
const LONG_BEAT = { pingInterval: 100, pingTimeout: 3_000 };
const EVENTS = 40;
const RUN_MS = 20_000;

const BOTH = HOSTS.filter(({ name, isNode }) => name === "listen()" || isNode);

describe.each(BOTH)("with $name", (host) => {
  const clients = new Clients();
  let running: Running;
  afterEach(async () => {
    clients.closeAll();
    await running.close();
  });

  /** A client that is alive all the time, and counts what it gets. */
  async function bystander() {
    const client = await clients.connect(running.url, { transports: ["websocket"] });
    const heard: unknown[] = [];
    client.on("news", (value) => heard.push(value));
    return { client, heard };
  }

  test.each([...TRANSPORTS])(
    "a half-open client over $name is found by the heartbeat, and leaves its rooms",
    async ({ transports }) => {
      running = host.start(BEAT);
      const { io } = running;
      const connection = once<[ServerSocket]>(io, "connection");
      // Its system answers for a process that is halted, as long as nothing is wanted of itself.
      const child = Bun.spawn([process.execPath, CLIENT, running.url, transports.join(",")], {
        stdio: ["ignore", "ignore", "inherit"],
      });
      try {
        const [socket] = await connection;
        await socket.join("room");
        await socket.emitWithAck("transport"); // it is upgraded
        const gone = once(socket, "disconnect");
        child.kill("SIGSTOP");
        expect((await gone)[0]).toBe("ping timeout");
        expect([...io.sockets.adapter.rooms.keys()]).toEqual([]);
        expect(io.engine.clientsCount).toBe(0);
      } finally {
        child.kill("SIGKILL");
        await child.exited;
      }
    },
    RUN_MS,
  );

  test(
    "a client that stops reading delays nobody, and is ended by the heartbeat",
    async () => {
      running = host.start(LONG_BEAT);
      const { io } = running;
      const { client, heard } = await bystander();
      const connection = once<[ServerSocket]>(io, "connection");
      const { webSocket } = await requestWebSocket(
        running.port,
        "/socket.io/?EIO=4&transport=websocket",
      );
      webSocket?.send("40");
      const [socket] = await connection;
      webSocket?.connection.pause();
      const gone = once(socket, "disconnect");
      for (let count = 0; count < EVENTS; count++) io.emit("news", count, "x".repeat(100_000));
      const done = once(client, "done");
      io.emit("done");
      await done;
      expect(heard).toEqual(Array.from({ length: EVENTS }, (_, count) => count));
      expect(socket.connected).toBe(true);
      expect((await gone)[0]).toBe("ping timeout");
      expect(socket.conn.writeBuffer.length).toBe(0);
      expect(io.engine.clientsCount).toBe(1);
      webSocket?.connection.destroy();
    },
    RUN_MS,
  );

  test(
    "a client that polls no more delays nobody, and is ended by the heartbeat",
    async () => {
      running = host.start(LONG_BEAT);
      const { io } = running;
      const { client, heard } = await bystander();
      const connection = once<[ServerSocket]>(io, "connection");
      const path = "/socket.io/?EIO=4&transport=polling";
      const { sid } = JSON.parse((await exchange(running.port, "GET", path)).body.slice(1));
      await exchange(running.port, "POST", `${path}&sid=${sid}`, {}, "40");
      const [socket] = await connection;
      // A poll whose answer it does not read.
      const poll = new Connection(running.port);
      poll.request("GET", `${path}&sid=${sid}`);
      poll.pause();
      const gone = once(socket, "disconnect");
      for (let count = 0; count < EVENTS; count++) io.emit("news", count, "x".repeat(100_000));
      const done = once(client, "done");
      io.emit("done");
      await done;
      expect(heard.length).toBe(EVENTS);
      expect((await gone)[0]).toMatch(/^(ping timeout|transport error)$/);
      expect(socket.conn.writeBuffer.length).toBe(0);
      poll.destroy();
    },
    RUN_MS,
  );
});
