// io.drain(), as clients see it that are not the stock one.

import { afterEach, describe, expect, test } from "bun:test";
import type { ServerOptions } from "bun-socket.io";
import type { Session } from "bun-socket.io/engine";
import { Clients, connected, once } from "../support/clients.ts";
import { HOSTS, portOf, type Running } from "../support/hosts.ts";
import { Connection, exchange } from "../support/raw.ts";
import { requestWebSocket } from "../support/raw-websocket.ts";
import { until } from "../support/wire.ts";
import { NOTHING_CUT, SOON, whatOf } from "../support/drain.ts";

describe.each(HOSTS)("with $name", (host) => {
  const clients = new Clients();
  let running: Running;
  afterEach(async () => {
    clients.closeAll();
    await running.close();
  });

  const path = (query = ""): string => `/socket.io/?EIO=4&transport=${query || "polling"}`;
  const ask = (method: string, query: string, body?: string) =>
    exchange(running.port, method, path(query), {}, body);

  /** Opens a session over polling, and joins the namespace unless told otherwise. */
  async function openPolling(joins = true): Promise<{ query: string; session: Session }> {
    const { sid } = JSON.parse((await ask("GET", "")).body.slice(1));
    const query = `polling&sid=${sid}`;
    if (joins) {
      await ask("POST", query, "40");
      await ask("GET", query);
    }
    return { query, session: running.io.engine.clients[sid] as Session };
  }

  /** Starts a server with a client that owes an acknowledgement: a drain waits for it. */
  async function startBusy(options: ServerOptions = {}) {
    running = host.start(options);
    const client = await clients.connect(running.url, { transports: ["websocket"] });
    const [socket] = [...running.io.sockets.sockets.values()];
    const asked = once<[() => void]>(client, "question");
    const question = socket?.emitWithAck("question");
    const [release] = await asked;
    return {
      async release() {
        release();
        await question;
      },
    };
  }

  test("new handshakes get 503 with Retry-After, and their connections end", async () => {
    const { release } = await startBusy();
    const drained = running.io.drain(SOON);
    const connection = new Connection(running.port);
    connection.request("GET", path());
    const polling = await connection.response();
    await connection.closed;
    expect([polling.status, polling.headers["retry-after"], polling.headers.connection]).toEqual([
      503,
      "1",
      "close",
    ]);
    expect(JSON.parse(polling.body)).toEqual({ code: 3, message: "Server shutting down" });
    const { answer } = await requestWebSocket(running.port, path("websocket"));
    expect([answer.status, answer.headers["retry-after"]]).toEqual([503, "1"]);
    expect(answer.body).toBe("Server shutting down");
    await release();
    expect(whatOf(await drained)).toEqual({ sessions: 1, ...NOTHING_CUT });
  });

  test("a handshake that allowRequest thinks over gets 503 when it is done", async () => {
    let allow: (() => void) | undefined;
    let isAsked = false;
    const { release } = await startBusy({
      allowRequest: (_request, fn) => {
        if (isAsked) allow = () => fn(null, true);
        else fn(null, true);
        isAsked = true;
      },
    });
    const handshake = ask("GET", "");
    await until(() => allow !== undefined);
    const drained = running.io.drain(SOON);
    allow?.();
    expect((await handshake).status).toBe(503);
    await release();
    await drained;
  });

  test("a parked poll is answered with a close packet, and so is the next one of who has none", async () => {
    running = host.start();
    const parked = await openPolling();
    const between = await openPolling();
    const answer = ask("GET", parked.query);
    await until(() => parked.session.transport.writable);
    const drained = running.io.drain(SOON);
    expect((await answer).body).toBe("1");
    expect((await ask("GET", between.query)).body.split("\x1e").at(-1)).toBe("1");
    expect(whatOf(await drained)).toEqual({ sessions: 2, ...NOTHING_CUT });
  });

  test("a polling client that never comes again is cut, with what waits for it", async () => {
    running = host.start();
    const { session } = await openPolling();
    running.io.emit("news");
    running.io.emit("more news");
    const report = await running.io.drain({ timeoutMs: 50, spreadMs: 0 });
    expect(whatOf(report)).toEqual({ sessions: 1, cutSessions: 1, cutAcks: 0, cutPackets: 2 });
    expect(session.readyState).toBe("closed");
  });

  test("a WebSocket that is behind takes what was sent to it, however slow its client is", async () => {
    running = host.start();
    const { webSocket } = await requestWebSocket(running.port, path("websocket"));
    if (webSocket === null) throw new Error("no WebSocket");
    const [session] = Object.values(running.io.engine.clients) as [Session];
    await webSocket.text();
    webSocket.send("40");
    await webSocket.text();
    webSocket.connection.pause();
    for (let count = 0; count < 100; count++) running.io.emit("large", "x".repeat(100_000));
    await until(() => !session.transport.writable);
    const drained = running.io.drain(SOON);
    webSocket.connection.resume();
    for (let count = 0; count < 100; count++) {
      expect((await webSocket.text()).length).toBeGreaterThan(100_000);
    }
    expect(await webSocket.closeCode()).not.toBe(1006);
    webSocket.sendClose();
    expect(whatOf(await drained)).toEqual({ sessions: 1, ...NOTHING_CUT });
  });

  test("a WebSocket whose client reads nothing is cut, with what waits for it", async () => {
    running = host.start();
    const { webSocket } = await requestWebSocket(running.port, path("websocket"));
    if (webSocket === null) throw new Error("no WebSocket");
    const [session] = Object.values(running.io.engine.clients) as [Session];
    webSocket.send("40");
    await until(() => running.io.sockets.sockets.size === 1);
    webSocket.connection.pause();
    while (session.transport.writable) {
      running.io.emit("large", "x".repeat(100_000));
      await new Promise((resolve) => setImmediate(resolve));
    }
    running.io.emit("one more");
    const [socket] = [...running.io.sockets.sockets.values()];
    socket?.on("disconnect", () => webSocket.connection.destroy()); // or close() would wait for it
    const report = whatOf(await running.io.drain({ timeoutMs: 50, spreadMs: 0 }));
    expect(report).toMatchObject({ sessions: 1, cutSessions: 1, cutAcks: 0 });
    expect(report.cutPackets).toBeGreaterThanOrEqual(1);
  });

  test("a session that has joined no namespace is sent away too", async () => {
    running = host.start();
    const { query, session } = await openPolling(false);
    const drained = running.io.drain(SOON);
    expect((await ask("GET", query)).body.split("\x1e").at(-1)).toBe("1");
    expect(whatOf(await drained)).toEqual({ sessions: 1, ...NOTHING_CUT });
    expect(session.readyState).toBe("closed");
  });

  test("an upgrade under way is finished before the session is sent away", async () => {
    running = host.start();
    const { query, session } = await openPolling();
    const { webSocket } = await requestWebSocket(running.port, path(`websocket&${query}`));
    if (webSocket === null) throw new Error("no WebSocket");
    await until(() => session.upgrading);
    const drained = running.io.drain(SOON);
    webSocket.send("2probe");
    expect(await webSocket.text()).toBe("3probe");
    running.io.emit("news");
    webSocket.send("5");
    expect(await webSocket.text()).toBe('42["news"]');
    expect(await webSocket.closeCode()).not.toBe(1006);
    webSocket.sendClose();
    expect(whatOf(await drained)).toEqual({ sessions: 1, ...NOTHING_CUT });
  });

  test("an upgrade may begin meanwhile", async () => {
    const { release } = await startBusy();
    const { query, session } = await openPolling();
    session.sendPing(); // it is congested: nobody polls
    const drained = running.io.drain({ timeoutMs: 10_000, spreadMs: 10_000 }); // its turn is later
    const { webSocket } = await requestWebSocket(running.port, path(`websocket&${query}`));
    webSocket?.send("2probe");
    expect(await webSocket?.text()).toBe("3probe");
    webSocket?.send("5");
    await until(() => session.upgraded);
    await release();
    await running.io.close(); // in the middle of it
    const report = whatOf(await drained);
    expect([report.sessions, report.cutSessions > 0]).toEqual([2, true]);
  });

  test("a second call returns the promise of the first, and events tell of one", async () => {
    running = host.start();
    const { io } = running;
    const events: unknown[] = [];
    io.on("draining", (plan) => events.push(["draining", plan]));
    io.on("drained", (report) => events.push(["drained", report]));
    await clients.connect(running.url, { transports: ["websocket"] });
    const first = io.drain(SOON);
    const second = io.drain({ timeoutMs: 1 });
    expect(second).toBe(first);
    const report = await first;
    expect(events).toEqual([
      ["draining", { sessions: 1, ...SOON }],
      ["drained", report],
    ]);
    // And once more, when there is nothing left.
    expect(whatOf(await io.drain())).toEqual({ sessions: 0, ...NOTHING_CUT });
  });

  test("close() in the middle of it cuts those who are left, and both resolve", async () => {
    const { release } = await startBusy();
    void release;
    const drained = running.io.drain(SOON);
    await running.io.close();
    const report = whatOf(await drained);
    expect(report).toEqual({ sessions: 1, cutSessions: 1, cutAcks: 1, cutPackets: 0 });
    running.io.engine.clients;
    expect(running.io.engine.clientsCount).toBe(0);
  });

  test("close() in a listener of draining is no different", async () => {
    running = host.start();
    const { io } = running;
    let closed: Promise<void> | undefined;
    io.on("draining", () => {
      closed = io.close();
    });
    await clients.connect(running.url, { transports: ["websocket"] });
    expect(whatOf(await io.drain())).toMatchObject({ sessions: 1, cutSessions: 1 });
    await closed;
  });

  test.each([
    ["timeoutMs", { timeoutMs: -1 }, "ERR_INVALID_OPTION"],
    ["timeoutMs", { timeoutMs: "5s" }, "ERR_INVALID_OPTION"],
    ["spreadMs", { spreadMs: Number.NaN }, "ERR_INVALID_OPTION"],
    ["spreadMs", { timeoutMs: 10, spreadMs: 11 }, "ERR_INVALID_OPTION"],
    ["object", 5_000, "ERR_INVALID_ARGUMENT"],
  ])("a wrong %s is refused, and nothing is closed", async (name, options, code) => {
    running = host.start();
    const error = await running.io.drain(options as object).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code, message: expect.stringContaining(name) });
    const client = await clients.connect(running.url);
    expect(client.connected).toBe(true);
  });

  test("the server may be used again afterwards", async () => {
    running = host.start();
    const { io } = running;
    await io.drain(SOON);
    if (host.name === "listen()") {
      io.listen(0);
      await connected(clients.make(`http://127.0.0.1:${portOf(io.httpServer)}`));
      expect(io.engine.clientsCount).toBe(1);
    } else if (!host.isNode) {
      expect((await exchange(running.port, "GET", "/")).body).toBe("the application's own page");
    }
  });
});
