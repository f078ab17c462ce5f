import { afterEach, describe, expect, test } from "bun:test";
import { Server as BunEngine } from "@socket.io/bun-engine";
import { Server, type Socket } from "bun-socket.io";
import { ackSuite } from "../suites/acks.ts";
import { bindSuite } from "../suites/bind.ts";
import { disconnectionSuite } from "../suites/disconnections.ts";
import { namespaceSuite } from "../suites/namespaces.ts";
import { payloadSuite } from "../suites/payloads.ts";
import { recoveredClientSuite } from "../suites/recovered-clients.ts";
import { recoverySuite } from "../suites/recovery.ts";
import { roomSuite } from "../suites/rooms.ts";
import { BOUND_HOSTS, BOUND_REFERENCES } from "../support/bound.ts";
import { Clients, once } from "../support/clients.ts";
import { portOf } from "../support/hosts.ts";
import { everywhere } from "../support/world.ts";

everywhere(bindSuite, [...BOUND_HOSTS, ...BOUND_REFERENCES]);

for (const suite of [roomSuite, ackSuite, payloadSuite, recoverySuite, recoveredClientSuite]) {
  everywhere(suite, BOUND_HOSTS);
}

// These count the engine's clients, which that of bun-engine does not.
const counting = BOUND_HOSTS.filter(({ name }) => !name.includes("bun-engine"));
for (const suite of [namespaceSuite, disconnectionSuite]) {
  everywhere(suite, counting);
}

describe("bind()", () => {
  const hostname = "127.0.0.1";
  const clients = new Clients();
  const stops: (() => Promise<void>)[] = [];
  afterEach(async () => {
    clients.closeAll();
    await Promise.all(stops.splice(0).map((stop) => stop()));
  });

  function serve(engine: BunEngine): string {
    const server = Bun.serve({ port: 0, hostname, ...engine.handler() });
    stops.push(() => server.stop(true));
    return `http://${hostname}:${server.port}`;
  }

  test("makes the engine that of the server", () => {
    const io = new Server();
    const engine = new BunEngine();
    expect(Object.is(io.bind(engine), io)).toBeTrue();
    expect(Object.is(io.engine, engine)).toBeTrue();
  });

  test("holds its limits over the sessions of another engine, which tells of them", async () => {
    const engine = new BunEngine({ path: "/socket.io/" });
    const url = serve(engine);
    const io = new Server({ limits: { eventsPerSecond: 2, namespacesPerConnection: 1 } });
    io.bind(engine);
    io.of("/second");
    const heard: unknown[] = [];
    io.engine.on("limit_exceeded", ({ limit, value, namespace }) =>
      heard.push([limit, value, namespace]),
    );
    const told: unknown[] = [];
    io.engine.on("connect_refused", ({ namespace, reason, session }) =>
      told.push([namespace, reason, session === socket.conn]),
    );
    const connection = once<[Socket]>(io, "connection");
    const client = await clients.connect(url);
    const [socket] = await connection;
    const [refused] = await once<[Error]>(client.io.socket("/second"), "connect_error");
    expect(refused.message).toBe("Too many namespaces");
    expect(told).toEqual([["/second", "limit", true]]);
    const gone = once(socket, "disconnect");
    for (let count = 0; count < 50; count++) {
      client.emit("x");
    }
    expect((await gone)[0]).toBe("forced close");
    expect(heard).toEqual([
      ["namespacesPerConnection", 1, "/second"],
      ["eventsPerSecond", 2, "/"],
    ]);
  });

  test("serves several engines, its own among them", async () => {
    const io = new Server({ hostname });
    io.listen(0);
    stops.push(() => io.close());
    const own = `http://${hostname}:${portOf(io.httpServer)}`;
    const engines = [1, 2].map(() => new BunEngine({ path: "/socket.io/" }));
    const urls = [own, ...engines.map(serve)];
    for (const engine of engines) {
      io.bind(engine);
    }
    const all = await Promise.all(urls.map((url) => clients.connect(url)));
    expect(io.of("/").sockets.size).toBe(3);
    const heard = Promise.all(all.map((client) => once(client, "hello")));
    io.emit("hello", 1);
    expect(await heard).toEqual([[1], [1], [1]]);
  });
});
