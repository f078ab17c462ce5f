import { expect, test } from "bun:test";
import { createServer } from "node:net";
import { HOSTS } from "../support/hosts.ts";
import { exchange } from "../support/raw.ts";
import { requestWebSocket } from "../support/raw-websocket.ts";
import { overTheWire, packetsOf, until } from "../support/wire.ts";

/** Listens on a port for a moment: it rejects if the port is not free. */
function listenOnce(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => server.close(() => resolve()));
  });
}

overTheWire((wire) => {
  test("closing the server answers a parked poll with a close packet", async () => {
    wire.start();
    const { sid, ended } = await wire.openPolling();
    const { answer } = await wire.park(sid);
    const closed = wire.running.io.close();
    expect(await packetsOf(await answer)).toEqual(["1"]);
    expect(await ended).toEqual({ reason: "forced close", description: undefined });
    await closed;
    wire.expectNoSessions();
  });

  test("closing the server ends a polling session that has no poll parked", async () => {
    wire.start();
    const { ended } = await wire.openPolling();
    await wire.running.close();
    expect((await ended).reason).toBe("forced close");
    wire.expectNoSessions();
  });

  test("closing the server sends a close frame to each WebSocket", async () => {
    wire.start();
    const peers = [await wire.openWebSocket(), await wire.openWebSocket()];
    const closed = wire.running.close();
    for (const { webSocket, ended } of peers) {
      expect(await webSocket.closeCode()).not.toBe(1006);
      webSocket.sendClose();
      expect((await ended).reason).toBe("forced close");
    }
    await closed;
    wire.expectNoSessions();
  });

  test("the port is free when close() resolves, whatever was open", async () => {
    wire.start();
    const { port } = wire;
    const polling = await wire.openPolling();
    const { answer } = await wire.park(polling.sid);
    const { webSocket } = await wire.openWebSocket();
    const idle = wire.connect();
    idle.request("GET", wire.path({ transport: "none" }));
    await idle.response();
    const closed = wire.running.io.close();
    await answer;
    expect(await webSocket.closeCode()).not.toBe(1006);
    webSocket.sendClose();
    await closed;
    await wire.running.close(); // of the application's server, where it has one
    await listenOnce(port);
  });

  test("session.close() sends what waits, then a close packet, over polling", async () => {
    wire.start();
    const { sid, session, ended } = await wire.openPolling();
    session.send("one");
    session.send("two");
    session.close();
    expect(session.readyState).toBe("closing");
    session.send("too late");
    const packets = await wire.poll(sid);
    if (packets.at(-1) !== "1") {
      packets.push(...(await wire.poll(sid)));
    }
    expect(packets.filter((packet) => packet !== "6")).toEqual(["4one", "4two", "1"]);
    expect((await ended).reason).toBe("forced close");
    wire.expectNoSessions();
  });

  test("session.close() sends what waits, then a close frame, over WebSocket", async () => {
    wire.start();
    const { session, webSocket, ended } = await wire.openWebSocket();
    session.send("one");
    session.send("two");
    session.close();
    session.send("too late");
    expect(await webSocket.text()).toBe("4one");
    expect(await webSocket.text()).toBe("4two");
    expect(await webSocket.closeCode()).not.toBe(1006);
    expect((await ended).reason).toBe("forced close");
    expect(session.readyState).toBe("closed");
    wire.expectNoSessions();
  });

  test("session.close() sends all that waits, however much it is, before the close frame", async () => {
    wire.start();
    const { session, webSocket, ended } = await wire.openWebSocket();
    const large = "x".repeat(100_000);
    for (let count = 0; count < 200; count++) {
      session.send(`${count} ${large}`);
    }
    session.close();
    for (let count = 0; count < 200; count++) {
      const text = await webSocket.text();
      expect([text.slice(0, text.indexOf(" ")), text.length]).toEqual([
        `4${count}`,
        `4${count} `.length + large.length,
      ]);
    }
    expect(await webSocket.closeCode()).not.toBe(1006);
    expect((await ended).reason).toBe("forced close");
    wire.expectNoSessions();
  });

  test("session.close() answers a parked poll at once", async () => {
    wire.start();
    const { sid, session, ended } = await wire.openPolling();
    const { answer } = await wire.park(sid);
    session.close();
    expect(await packetsOf(await answer)).toEqual(["1"]);
    expect((await ended).reason).toBe("forced close");
    wire.expectNoSessions();
  });

  test("session.close(true) ends a session at once, though nothing can be sent", async () => {
    wire.start();
    const { session, ended } = await wire.openPolling();
    session.send("lost");
    session.close(true);
    expect(session.readyState).toBe("closed");
    expect((await ended).reason).toBe("forced close");
    wire.expectNoSessions();
  });

  test("session.close(true) behind session.close() does not wait for a poll", async () => {
    wire.start();
    const { session, ended } = await wire.openPolling();
    session.send("lost");
    session.close();
    expect(session.readyState).toBe("closing");
    session.close(true);
    expect((await ended).reason).toBe("forced close");
    wire.expectNoSessions();
  });

  test("close() twice, from the close event too, ends a session once", async () => {
    wire.start();
    const { session, webSocket } = await wire.openWebSocket();
    let ends = 0;
    session.on("close", () => {
      ends++;
      session.close();
      session.close(true);
      session.send("to nobody");
    });
    session.close();
    session.close();
    await webSocket.closeCode();
    expect(ends).toBe(1);
    wire.expectNoSessions();
  });

  test("a session may be closed as soon as it is announced", async () => {
    const engine = wire.start();
    engine.on("connection", (session) => session.close());
    const polling = await exchange(wire.port, "GET", wire.path());
    expect(polling.status).toBe(200);
    const [open = "", ...rest] = polling.body.split("\x1e");
    expect(open[0]).toBe("0");
    if (!rest.includes("1")) {
      // The close packet waits for the next poll.
      expect(await wire.poll(JSON.parse(open.slice(1)).sid)).toContain("1");
    }
    const webSocket = await wire.upgrade();
    expect((await webSocket.text())[0]).toBe("0");
    expect(await webSocket.closeCode()).not.toBe(1006);
    wire.expectNoSessions();
  });
});

overTheWire((wire) => {
  test("the port is free though a client does not answer the close frame", async () => {
    wire.start();
    const { port } = wire;
    const { webSocket } = await wire.openWebSocket();
    await wire.running.close();
    await webSocket.connection.closed;
    await listenOnce(port);
  });

  test("session.close(true) ends a session that waits for a poll to say goodbye", async () => {
    wire.start();
    const { session, ended } = await wire.openPolling();
    session.close();
    expect(session.readyState).toBe("closing");
    session.close(true);
    expect((await ended).reason).toBe("forced close");
    wire.expectNoSessions();
  });

  test("io.close() ends a session that waits for a poll to say goodbye", async () => {
    wire.start();
    const { session, ended } = await wire.openPolling();
    session.close();
    await wire.running.io.close();
    expect((await ended).reason).toBe("forced close");
    wire.expectNoSessions();
  });

  test("a close packet of the client ends a session that waits for a poll to say goodbye", async () => {
    wire.start();
    const { sid, session, ended } = await wire.openPolling();
    session.close();
    await wire.deliver(sid, "1");
    expect((await ended).reason).toBe("transport close");
    wire.expectNoSessions();
  });

  test("of two calls of close() the first does not wait for longer than the second", async () => {
    wire.start();
    const { webSocket } = await wire.openWebSocket();
    void webSocket.closeCode().then(() => webSocket.sendClose());
    const first = wire.running.io.close().then(() => "closed");
    await wire.running.io.close();
    // Its grace was 2 seconds.
    expect(await Promise.race([first, Bun.sleep(1_500).then(() => "waits")])).toBe("closed");
  });

  test("close() twice resolves both times", async () => {
    wire.start();
    await Promise.all([wire.running.io.close(), wire.running.io.close()]);
    await wire.running.io.close();
  });
}, HOSTS);

// listen() ends with the port closed; the application's server goes on.
overTheWire(
  (wire) => {
    test("behind io.close() new handshakes get 503, and the application goes on", async () => {
      wire.start();
      const { sid } = await wire.openPolling();
      await wire.running.io.close();
      const polling = await exchange(wire.port, "GET", wire.path());
      expect([polling.status, JSON.parse(polling.body).message]).toEqual([
        503,
        "Server shutting down",
      ]);
      const { answer } = await requestWebSocket(wire.port, wire.path({ transport: "websocket" }));
      expect([answer.status, answer.body]).toEqual([503, "Server shutting down"]);
      const poll = await wire.request({ sid });
      expect([poll.status, await poll.json()]).toEqual([
        400,
        { code: 1, message: "Session ID unknown" },
      ]);
      const page = await exchange(wire.port, "GET", "/");
      expect([page.status, page.body]).toEqual([200, "the application's own page"]);
      wire.expectNoSessions();
    });

    test("io.close() resolves though an upgrade is under way", async () => {
      wire.start();
      const { sid, session, ended } = await wire.openPolling();
      const webSocket = await wire.upgrade({ sid });
      await until(() => session.upgrading);
      await wire.running.io.close();
      expect((await ended).reason).toBe("forced close");
      expect(await webSocket.closeCode()).not.toBe(1006);
    });
  },
  HOSTS.filter(({ name, isNode }) => name !== "listen()" && !isNode),
);
