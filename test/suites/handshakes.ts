// What a socket knows of its client.

import { expect, test } from "bun:test";
import type { World } from "../support/world.ts";

const clock = () => Date.now();

export function handshakeSuite(world: World): void {
  test("tells how the client introduced itself, in every field of the handshake", async () => {
    world.start();
    const before = clock();
    const { socket } = await world.join("/", {
      query: { token: "a b", list: "1,2", ключ: "é" },
      auth: { user: "alice", deep: { list: [1] } },
      extraHeaders: { "X-Custom": "custom", Cookie: "a=1; b=2" },
    });
    const { handshake } = socket;
    expect(Object.keys(handshake).sort()).toEqual(
      "address auth headers issued query secure time url xdomain".split(" "),
    );
    expect(handshake.address).toBe("127.0.0.1");
    expect(handshake.auth).toEqual({ user: "alice", deep: { list: [1] } });
    expect(handshake.headers["x-custom"]).toBe("custom");
    expect(handshake.headers.cookie).toBe("a=1; b=2");
    expect(handshake.headers.host).toBe(`127.0.0.1:${world.running.port}`);
    expect(handshake.issued).toBeWithin(before, clock() + 1);
    expect(handshake.secure).toBeFalse();
    expect(handshake.xdomain).toBeFalse();
    expect(`${new Date(handshake.time)}`).toBe(handshake.time);
    expect(Math.abs(Date.parse(handshake.time) - handshake.issued)).toBeLessThan(2000);
    const [transport] = world.transports;
    expect(handshake.url).toStartWith("/socket.io/?");
    expect(handshake.url).toContain(`transport=${transport}`);
    const { t: _cacheBuster, ...query } = handshake.query;
    expect(query).toEqual({ EIO: "4", transport, token: "a b", list: "1,2", ключ: "é" });
  });

  test("serves a session whose request the program has let go, to save its memory", async () => {
    const io = world.start();
    io.engine.on("connection", (session) => Object.assign(session, { request: null }));
    const { client, socket } = await world.join();
    expect(socket.request).toBeNull();
    const { headers, query, secure, address } = socket.handshake;
    expect([headers, query, secure, address]).toEqual([{}, {}, true, "127.0.0.1"]);
    client.on("hello", (reply) => reply("hi"));
    expect(await socket.emitWithAck("hello")).toBe("hi");
  });

  test("is its own: what a program changes of it is not seen by clients that said the same", async () => {
    world.start();
    const options = { auth: { room: "a" }, extraHeaders: { "X-Same": "same" } };
    const first = await world.join("/", options);
    const changed = first.socket.handshake;
    changed.query.transport = "changed";
    changed.query.more = "1";
    changed.headers["x-same"] = "changed";
    changed.headers["x-more"] = "1";
    changed.auth.room = "changed";
    first.socket.data.user = "alice";
    for (const { socket } of [await world.join("/", options), await world.join("/", options)]) {
      const { query, headers, auth } = socket.handshake;
      const [transport] = world.transports;
      expect([query.transport, query.more]).toEqual([transport, undefined]);
      expect([headers["x-same"], headers["x-more"]]).toEqual(["same", undefined]);
      expect([auth, socket.data]).toEqual([{ room: "a" }, {}]);
    }
    const other = await world.join("/", { query: { more: "2" }, extraHeaders: { "X-Same": "no" } });
    const { query, headers } = other.socket.handshake;
    expect([query.more, headers["x-same"], headers["x-more"]]).toEqual(["2", "no", undefined]);
    expect(changed.query.more).toBe("1");
    expect(first.socket.data).toEqual({ user: "alice" });
  });

  test("has an auth of its own for each namespace, from an object or a function", async () => {
    const io = world.start();
    io.of("/b");
    const main = await world.join("/", {
      auth: (send: (data: object) => void) => setTimeout(send, 1, { from: "a function" }),
    });
    const b = await world.joinOver(main.client, "/b");
    expect(main.socket.handshake.auth).toEqual({ from: "a function" });
    expect(b.socket.handshake.auth).toEqual({});
    expect(b.socket.handshake.url).toBe(main.socket.handshake.url);
  });

  test("says that a request with an origin is of another domain", async () => {
    world.start();
    const { socket } = await world.join("/", {
      extraHeaders: { origin: "https://elsewhere.example" },
    });
    expect(socket.handshake.xdomain).toBeTrue();
    expect(socket.handshake.headers.origin).toBe("https://elsewhere.example");
  });

  test("lets the handshake be read in a middleware, and be the same object later", async () => {
    const io = world.start();
    const seen: unknown[] = [];
    io.use((socket, next) => {
      seen.push(socket.handshake);
      next();
    });
    const { socket } = await world.join();
    expect(seen[0]).toBe(socket.handshake);
  });

  test("has the first request and the session of the connection", async () => {
    const io = world.start();
    const { client, socket } = await world.join();
    expect(socket.request).toBe(socket.conn.request);
    expect(socket.request.method).toBe("GET");
    expect(socket.request.url).toBe(socket.handshake.url);
    expect(socket.request.headers).toEqual(socket.handshake.headers);
    if (!world.isReference) {
      // A socket of node:http forgets its address when it closes, and the reference leaves it so.
      expect(socket.request.connection.remoteAddress).toBe("127.0.0.1");
    }
    expect(client.io.engine.id).toBe(socket.conn.id);
    expect(socket.conn.id).not.toBe(socket.id);
    expect(socket.conn.remoteAddress).toBe("127.0.0.1");
    expect(socket.conn.protocol).toBe(4);
    expect(socket.conn.readyState).toBe("open");
    expect(io.engine.clients[socket.conn.id]).toBe(socket.conn);
    expect(socket.client.conn).toBe(socket.conn);
    expect(client.id).toBe(socket.id);
    expect(socket.id).toMatch(/^[\w-]{20}$/);
    expect(socket.recovered).toBeFalse();
  });

  test("keeps what the application puts into data, also as one object", async () => {
    const io = world.start();
    const { socket } = await world.join();
    expect(socket.data).toEqual({});
    socket.data.a = 1;
    socket.data = { ...socket.data, b: 2 };
    expect(io.of("/").sockets.get(socket.id)?.data).toEqual({ a: 1, b: 2 });
    socket.disconnect();
    expect(socket.data).toEqual({ a: 1, b: 2 });
  });
}
