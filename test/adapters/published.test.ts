// The adapters and the admin UI that are published for `socket.io`, on this package and on the
// reference in the same run: both must see the same.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { instrument } from "@socket.io/admin-ui";
import { createAdapter, createShardedAdapter } from "@socket.io/redis-adapter";
import { createAdapter as createStreamsAdapter } from "@socket.io/redis-streams-adapter";
import type { Server, ServerOptions, Socket } from "bun-socket.io";
import { Redis } from "ioredis";
import type { Server as ReferenceServer } from "socket.io";
import type { Socket as ClientSocket } from "socket.io-client";
import { Clients, connected, once } from "../support/clients.ts";
import { HOSTS, type Running } from "../support/hosts.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { REFERENCE } from "../support/reference.ts";

const NODES = 3;
const POLL_MS = 5;

let redis: RedisServer;
const connections: Redis[] = [];
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

function connect(): Redis {
  const connection = new Redis(redis.port, "127.0.0.1");
  connections.push(connection);
  return connection;
}

/** Waits until something is so that no event tells. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) {
    await Bun.sleep(POLL_MS);
  }
}

type AdapterMaker = NonNullable<ServerOptions["adapter"]>;

const ADAPTERS: readonly { name: string; make(): AdapterMaker; recovers?: true }[] = [
  { name: "@socket.io/redis-adapter", make: () => createAdapter(connect(), connect()) },
  {
    name: "@socket.io/redis-adapter, sharded",
    make: () => createShardedAdapter(connect(), connect()),
  },
  {
    name: "@socket.io/redis-streams-adapter",
    make: () => createStreamsAdapter(connect()),
    recovers: true,
  },
];

describe.each(ADAPTERS)("$name", ({ make, recovers }) => {
  describe.each([...HOSTS.slice(0, 1), ...HOSTS.filter(({ isNode }) => isNode), REFERENCE])(
    "$name",
    (host) => {
      const clients = new Clients();
      const running: Running[] = [];
      let nodes: { client: ClientSocket; socket: Socket; io: Server }[] = [];

      async function start(): Promise<void> {
        for (let index = 0; index < NODES; index++) {
          const recovery = recovers ? { connectionStateRecovery: {} } : {};
          running.push(host.start({ adapter: make(), ...recovery }));
        }
        // Each has to know of the others before they are asked together.
        await until(async () => {
          const counts = running.map(({ io }) => io.of("/").adapter.serverCount());
          return (await Promise.all(counts)).every((count) => count === NODES);
        });
        nodes = await Promise.all(
          running.map(async ({ io, url }, index) => {
            io.on("connection", async (socket) => {
              socket.data.node ??= index;
              await socket.join("room");
              socket.on("to room", (text) => socket.to("room").emit("said", text));
            });
            const client = await clients.connect(url, { transports: ["websocket"] });
            client.on("ask", (text: string, reply: (text: string) => void) =>
              reply(`${text} ${index}`),
            );
            await until(() => io.sockets.sockets.get(client.id ?? "")?.rooms.has("room") === true);
            return { client, socket: io.sockets.sockets.get(client.id ?? "") as Socket, io };
          }),
        );
        await until(async () => (await first().io.fetchSockets()).length === NODES);
      }
      const node = (index: number) => nodes[index] as (typeof nodes)[number];
      const first = () => node(0);

      afterEach(async () => {
        await clients.closeAll();
        await Promise.all(running.splice(0).map((each) => each.close()));
        for (const connection of connections.splice(0)) {
          connection.disconnect();
        }
      });

      test("broadcasts to the clients of all nodes, with rooms, exceptions and bytes", async () => {
        await start();
        const all = nodes.map(({ client }) => once(client, "all"));
        first().io.emit("all", Buffer.from([1, 2]), { deep: [null] });
        for (const [bytes, value] of await Promise.all(all)) {
          expect([...(bytes as Buffer)]).toEqual([1, 2]);
          expect(value).toEqual({ deep: [null] });
        }
        const heard: number[] = [];
        for (const [index, { client }] of nodes.entries()) {
          client.on("said", () => heard.push(index));
        }
        const others = [0, 1].map((index) => once(node(index).client, "said"));
        node(2).client.emit("to room", "hi");
        await Promise.all(others);
        const end = nodes.map(({ client }) => once(client, "end"));
        first().io.emit("end");
        await Promise.all(end);
        expect(heard.sort()).toEqual([0, 1]);
      });

      test("finds, moves and disconnects the sockets of all nodes", async () => {
        await start();
        const found = await first().io.fetchSockets();
        expect(found.map(({ data }) => data.node).sort()).toEqual([0, 1, 2]);
        expect(found.every(({ rooms }) => rooms.has("room"))).toBeTrue();
        const remote = found.find(({ data }) => data.node === 2);
        remote?.join("vip");
        await until(() => node(2).socket.rooms.has("vip"));
        const gone = once(node(2).client, "disconnect");
        first().io.in("vip").disconnectSockets(true);
        expect((await gone)[0]).toBe("io server disconnect");
        await until(async () => (await first().io.fetchSockets()).length === NODES - 1);
      });

      test("collects acknowledgements of the clients and of the servers of all nodes", async () => {
        await start();
        const replies = await first().io.timeout(5000).emitWithAck("ask", "who");
        expect(replies.sort()).toEqual(["who 0", "who 1", "who 2"]);
        for (const [index, { io }] of nodes.entries()) {
          io.on("hello", (text: string, reply: (text: string) => void) =>
            reply(`${text} ${index}`),
          );
        }
        const answers = await first().io.serverSideEmitWithAck("hello", "server");
        expect(answers.sort()).toEqual(["server 1", "server 2"]);
      });

      if (!recovers) {
        return;
      }

      test("recovers the session of a client", async () => {
        await start();
        const { client, socket, io } = first();
        const before = once(client, "before");
        io.emit("before");
        await before;
        const gone = once(socket as unknown as ClientSocket, "disconnect");
        client.io.engine.close();
        await gone;
        node(1).io.emit("missed", 7);
        const missed = once<[number]>(client, "missed");
        const { id } = socket;
        client.connect();
        expect((await missed)[0]).toBe(7);
        await connected(client);
        expect([client.recovered, client.id]).toEqual([true, id]);
        expect(io.sockets.sockets.get(id)?.data).toEqual({ node: 0 });
      });
    },
  );
});

describe("@socket.io/admin-ui", () => {
  test.each([...HOSTS, REFERENCE])("sees and moves the sockets of $name", async (host) => {
    const clients = new Clients();
    const running = host.start();
    try {
      // It is written against the types of the reference, which ours are as exact as.
      instrument(running.io as unknown as ReferenceServer, { auth: false, mode: "development" });
      const admin = clients.make(`${running.url}/admin`, { transports: ["websocket"] });
      const config = once<[{ supportedFeatures: string[] }]>(admin, "config");
      expect((await config)[0].supportedFeatures).toContain("ALL_EVENTS");
      type Details = { id: string; clientId: string; nsp: string; transport: string };
      const added = once<[Details]>(admin, "socket_connected");
      const client = await clients.connect(running.url, { transports: ["polling"] });
      const [{ id, clientId, nsp, transport }] = await added;
      expect({ id, nsp, transport }).toEqual({
        id: client.id ?? "",
        nsp: "/",
        transport: "polling",
      });
      expect(clientId).toBe((client.io.engine as unknown as { id: string }).id.slice(0, 12));
      const joined = once(admin, "room_joined");
      admin.emit("join", "/", "vip", client.id);
      expect((await joined).slice(0, 3)).toEqual(["/", "vip", client.id]);
      const received = once(admin, "event_received");
      client.emit("hello", 1);
      expect((await received).slice(0, 3)).toEqual(["/", client.id, ["hello", 1]]);
      const gone = once(client, "disconnect");
      admin.emit("_disconnect", "/", false, client.id);
      expect((await gone)[0]).toBe("io server disconnect");
    } finally {
      await clients.closeAll();
      await running.close();
    }
  });
});
