import { expect, test } from "bun:test";
import type { Session } from "bun-socket.io/engine";
import { overTheWire, until } from "../support/wire.ts";

/** Waits for an event of a session and returns its arguments. */
function next(session: Session, event: "drain" | "message" | "packet"): Promise<unknown[]> {
  return new Promise((resolve) => session.once(event, (...args: unknown[]) => resolve(args)));
}

overTheWire((wire) => {
  test("a session tells its id, state, transport, protocol and address", async () => {
    wire.start();
    const { sid, session } = await wire.openPolling();
    expect(session.id).toBe(sid);
    expect(session.readyState).toBe("open");
    expect(session.transport.name).toBe("polling");
    expect(session.transport.readyState).toBe("open");
    expect(session.protocol).toBe(4);
    expect(session.remoteAddress).toBe("127.0.0.1");
    expect([session.upgrading, session.upgraded]).toEqual([false, false]);
    const other = await wire.openWebSocket();
    expect(other.session.transport.name).toBe("websocket");
    expect(other.session.remoteAddress).toBe("127.0.0.1");
  });

  test("a session keeps the request of its handshake", async () => {
    wire.start();
    const response = await wire.request(
      { token: "a b", "x[y]": "1" },
      { headers: { "X-Who": "me", Cookie: "a=1; b=2" } },
    );
    const { sid } = JSON.parse((await response.text()).slice(1));
    await wire.deliver(sid, "3");
    const { request } = wire.session(sid);
    expect(request.method).toBe("GET");
    expect(request.url).toBe("/socket.io/?EIO=4&transport=polling&token=a+b&x%5By%5D=1");
    expect(request.headers["x-who"]).toBe("me");
    expect(request.headers.cookie).toBe("a=1; b=2");
    expect(request.headers.host).toBe(`127.0.0.1:${wire.port}`);
    expect(request._query).toEqual({ EIO: "4", transport: "polling", token: "a b", "x[y]": "1" });
    expect(request.connection.remoteAddress).toBe("127.0.0.1");
    expect(request.connection.remotePort).toBeGreaterThan(0);
    expect(request.socket.remotePort).toBe(request.connection.remotePort);
    expect(request.connection).not.toHaveProperty("encrypted", true);
  });

  test("a WebSocket session keeps the request that asked for it", async () => {
    wire.start();
    const { session, webSocket } = await wire.openWebSocket({ "X-Who": "me" });
    expect(session.request.headers["x-who"]).toBe("me");
    expect(session.request.headers.upgrade).toBe("websocket");
    expect(session.request._query.transport).toBe("websocket");
    expect(session.request.connection.remotePort).toBe(webSocket.connection.localPort);
  });

  test("a message is told as packet, data and message, in this order", async () => {
    wire.start();
    const { session, webSocket } = await wire.openWebSocket();
    const events: unknown[] = [];
    session.on("packet", ({ type, data }) => events.push(["packet", type, data]));
    session.on("data", (data) => events.push(["data", data]));
    session.on("message", (data) => events.push(["message", data]));
    session.on("heartbeat", () => events.push(["heartbeat"]));
    const message = next(session, "message");
    webSocket.send("4hello");
    await message;
    const packet = next(session, "packet");
    webSocket.send("3");
    await packet;
    expect(events).toEqual([
      ["packet", "message", "hello"],
      ["data", "hello"],
      ["message", "hello"],
      ["packet", "pong", undefined],
      ["heartbeat"],
    ]);
  });

  test("a message that is sent is told as packetCreate, flush and drain", async () => {
    const engine = wire.start();
    const { sid, session } = await wire.openPolling();
    const events: unknown[] = [];
    session.on("packetCreate", ({ type, data }) => events.push(["packetCreate", type, data]));
    session.on("flush", (packets) => events.push(["flush", packets.map(({ data }) => data)]));
    session.on("drain", () => events.push(["drain"]));
    engine.on("flush", (of, packets) =>
      events.push(["engine flush", of === session, packets.length]),
    );
    engine.on("drain", (of) => events.push(["engine drain", of === session]));
    session.send("one");
    session.send("two");
    expect(events).toEqual([
      ["packetCreate", "message", "one"],
      ["packetCreate", "message", "two"],
    ]);
    expect(await wire.poll(sid)).toEqual(["4one", "4two"]);
    expect(events.slice(2)).toEqual([
      ["flush", ["one", "two"]],
      ["engine flush", true, 2],
      ["drain"],
      ["engine drain", true],
    ]);
  });

  test("write() is send(), and both return the session", async () => {
    wire.start();
    const { session, webSocket } = await wire.openWebSocket();
    expect(session.send("a").write("b", {}).send("c", { compress: false })).toBe(session);
    expect(await webSocket.text()).toBe("4a");
    expect(await webSocket.text()).toBe("4b");
    expect(await webSocket.text()).toBe("4c");
  });

  test("send callbacks are called once each, in order, with the transport", async () => {
    wire.start();
    const { sid, session } = await wire.openPolling();
    const calls: unknown[] = [];
    const note = (name: string) => (transport: Session["transport"]) => {
      calls.push([name, transport === session.transport]);
    };
    session.send("a", note("a"));
    session.send("b");
    session.write("c", { compress: true }, note("c"));
    session.send("d", undefined, note("d"));
    expect(calls).toEqual([]);
    expect(await wire.poll(sid)).toEqual(["4a", "4b", "4c", "4d"]);
    await until(() => calls.length === 3);
    expect(calls).toEqual([
      ["a", true],
      ["c", true],
      ["d", true],
    ]);
  });

  test("send callbacks are called over WebSocket too", async () => {
    wire.start();
    const { session, webSocket } = await wire.openWebSocket();
    const called = new Promise<string>((resolve) => {
      session.send("a", (transport) => resolve(transport.name));
    });
    expect(await webSocket.text()).toBe("4a");
    expect(await called).toBe("websocket");
  });

  test("messages sent in a drain listener follow", async () => {
    wire.start();
    const { session, webSocket } = await wire.openWebSocket();
    const drained = next(session, "drain");
    session.once("drain", () => session.send("two"));
    session.send("one");
    await drained;
    expect(await webSocket.text()).toBe("4one");
    expect(await webSocket.text()).toBe("4two");
  });

  test("bytes travel as base64 over polling", async () => {
    wire.start();
    const { sid, session } = await wire.openPolling();
    const message = next(session, "message");
    await wire.deliver(sid, "bAP8=");
    expect(await message).toEqual([Buffer.from([0, 255])]);
    session.send(new Uint8Array([255, 0]));
    session.send(new Uint8Array([9, 1, 2, 9]).subarray(1, 3));
    expect(await wire.poll(sid)).toEqual(["b/wA=", "bAQI="]);
  });

  test("nothing is sent to a session that has ended", async () => {
    wire.start();
    const { session, webSocket, ended } = await wire.openWebSocket();
    webSocket.sendClose();
    await ended;
    let calls = 0;
    session.on("packetCreate", () => calls++);
    expect(session.send("late", () => calls++)).toBe(session);
    expect(session.readyState).toBe("closed");
    await wire.request({ transport: "none" });
    expect(calls).toBe(0);
  });

  test("each session that ends leaves clients and clientsCount", async () => {
    const engine = wire.start();
    const polling = await wire.openPolling();
    const webSocket = await wire.openWebSocket();
    expect(engine.clientsCount).toBe(2);
    expect(engine.clients[polling.sid]).toBe(polling.session);
    expect(engine.clients[webSocket.sid]).toBe(webSocket.session);
    await wire.deliver(polling.sid, "1");
    await polling.ended;
    expect(Object.keys(engine.clients)).toEqual([webSocket.sid]);
    expect(engine.clientsCount).toBe(1);
    webSocket.webSocket.sendClose();
    await webSocket.ended;
    wire.expectNoSessions();
  });

  test("messages sent when the session is announced come right behind the open packet", async () => {
    const engine = wire.start();
    engine.on("connection", (session) => session.send("welcome"));
    const { webSocket } = await wire.openWebSocket();
    expect(await webSocket.text()).toBe("4welcome");
    const { sid } = await wire.openPolling();
    expect(await wire.poll(sid)).toEqual(["4welcome"]);
  });

  test("a message sent by a listener of a header event comes with the next poll", async () => {
    const engine = wire.start();
    const { sid, session } = await wire.openPolling();
    engine.once("headers", () => session.send("second"));
    session.send("first");
    expect(await wire.poll(sid)).toEqual(["4first"]);
    expect(await wire.poll(sid)).toEqual(["4second"]);
  });

  test("a client that reads slowly gets all messages in order", async () => {
    wire.start();
    const { session, webSocket } = await wire.openWebSocket();
    const large = "x".repeat(100_000);
    for (let count = 0; count < 200; count++) {
      session.send(`${count} ${large}`);
    }
    for (let count = 0; count < 200; count++) {
      const text = await webSocket.text();
      expect(text.slice(0, text.indexOf(" "))).toBe(`4${count}`);
    }
  });
});
