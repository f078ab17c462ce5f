import { expect, test } from "bun:test";
import type { RawWebSocket } from "../support/raw-websocket.ts";
import { overTheWire, type Peer, packetsOf, until, type Wire } from "../support/wire.ts";

async function probe(webSocket: RawWebSocket): Promise<void> {
  webSocket.send("2probe");
  expect(await webSocket.text()).toBe("3probe");
}

/** Opens a session over polling and moves it to WebSocket. */
async function openUpgraded(wire: Wire): Promise<Peer & { webSocket: RawWebSocket }> {
  const peer = await wire.openPolling();
  const webSocket = await wire.upgrade({ sid: peer.sid });
  await probe(webSocket);
  webSocket.send("5");
  await until(() => peer.session.upgraded);
  return { ...peer, webSocket };
}

overTheWire((wire) => {
  test("the session goes through upgrading and upgraded, with an event each", async () => {
    wire.start();
    const { sid, session } = await wire.openPolling();
    const events: unknown[] = [];
    session.on("upgrading", (transport) => events.push(["upgrading", transport.name]));
    session.on("upgrade", (transport) => events.push(["upgrade", transport.name]));
    expect([session.upgrading, session.upgraded]).toEqual([false, false]);

    const webSocket = await wire.upgrade({ sid });
    await until(() => session.upgrading);
    expect(session.upgraded).toBe(false);
    expect(events).toEqual([]);
    await probe(webSocket);
    expect(events).toEqual([["upgrading", "websocket"]]);
    expect(session.transport.name).toBe("polling");

    webSocket.send("5");
    await until(() => session.upgraded);
    expect(events).toEqual([
      ["upgrading", "websocket"],
      ["upgrade", "websocket"],
    ]);
    expect(session.upgrading).toBe(false);
    expect(session.transport.name).toBe("websocket");
    expect(session.id).toBe(sid);
    expect(wire.engine.clientsCount).toBe(1);
  });

  test("a poll parked before the probe is answered with a noop", async () => {
    wire.start();
    const { sid } = await wire.openPolling();
    const { answer } = await wire.park(sid);
    const webSocket = await wire.upgrade({ sid });
    await probe(webSocket);
    expect(await packetsOf(await answer)).toEqual(["6"]);
  });

  test("every poll parked until the client moves is answered with a noop", async () => {
    wire.start();
    const { sid, session } = await wire.openPolling();
    const webSocket = await wire.upgrade({ sid });
    await probe(webSocket);
    for (let count = 0; count < 4; count++) {
      expect(await wire.poll(sid)).toEqual(["6"]);
    }
    webSocket.send("5");
    await until(() => session.upgraded);
  });

  test("a poll parked when the client moves is answered, so that it does not hang", async () => {
    wire.start();
    const { sid, session } = await wire.openPolling();
    const webSocket = await wire.upgrade({ sid });
    const { answer } = await wire.park(sid);
    webSocket.send("5"); // without a probe, so no noop has freed it
    await until(() => session.upgraded);
    const [packet = ""] = await packetsOf(await answer);
    expect(["1", "6"]).toContain(packet);
    session.send("over WebSocket");
    expect(await webSocket.text()).toBe("4over WebSocket");
  });

  test("messages sent before, during and after the upgrade arrive once and in order", async () => {
    wire.start();
    const { sid, session } = await wire.openPolling();
    session.send("1");
    session.send("2");
    const webSocket = await wire.upgrade({ sid });
    session.on("upgrading", () => session.send("3"));
    session.on("upgrade", () => session.send("5"));
    await probe(webSocket);
    expect(await wire.poll(sid)).toEqual(["41", "42", "43"]);
    session.send("4");
    webSocket.send("5");
    const received: string[] = [];
    for (let count = 0; count < 2; count++) {
      received.push(await webSocket.text());
    }
    session.send("6");
    received.push(await webSocket.text());
    expect(received).toEqual(["44", "45", "46"]);
  });

  test("messages of the client during the upgrade are delivered once and in order", async () => {
    wire.start();
    const { sid, session } = await wire.openPolling();
    const messages: unknown[] = [];
    session.on("message", (data) => messages.push(data));
    await wire.deliver(sid, "4before");
    const webSocket = await wire.upgrade({ sid });
    await probe(webSocket);
    await wire.deliver(sid, "4during");
    webSocket.send("5");
    webSocket.send("4after");
    await until(() => messages.length === 3);
    expect(messages).toEqual(["before", "during", "after"]);
  });

  test("a further WebSocket for a session that is upgrading is closed, the first goes on", async () => {
    wire.start();
    const { sid, session } = await wire.openPolling();
    const first = await wire.upgrade({ sid });
    await probe(first);
    const second = await wire.upgrade({ sid });
    expect(await second.closeCode()).not.toBe(1006);
    expect(session.upgrading).toBe(true);
    first.send("5");
    await until(() => session.upgraded);
    session.send("here");
    expect(await first.text()).toBe("4here");
  });

  test("a further WebSocket for a session that has upgraded is closed, the session lives", async () => {
    wire.start();
    const { sid, session, webSocket } = await openUpgraded(wire);
    const second = await wire.upgrade({ sid });
    expect(await second.closeCode()).not.toBe(1006);
    session.send("here");
    expect(await webSocket.text()).toBe("4here");
  });

  test("a poll or POST to a session that has upgraded is refused, and the session lives", async () => {
    wire.start();
    const errors = wire.recordErrors();
    const { sid, session, webSocket } = await openUpgraded(wire);
    for (const method of ["GET", "POST"]) {
      const response = await wire.request({ sid }, { method });
      expect([response.status, await response.json()]).toEqual([
        400,
        { code: 3, message: "Bad request" },
      ]);
    }
    expect(errors.map(({ context }) => context.name)).toEqual([
      "TRANSPORT_MISMATCH",
      "TRANSPORT_MISMATCH",
    ]);
    session.send("here");
    expect(await webSocket.text()).toBe("4here");
  });

  test("a session that ends during the upgrade closes the candidate and the poll", async () => {
    wire.start();
    const { sid, session, ended } = await wire.openPolling();
    const webSocket = await wire.upgrade({ sid });
    await until(() => session.upgrading);
    const { answer } = await wire.park(sid);
    session.close();
    expect((await ended).reason).toBe("forced close");
    expect(await packetsOf(await answer)).toEqual(["1"]);
    expect(await webSocket.closeCode()).not.toBe(1006);
    expect(session.upgrading).toBe(false);
    wire.expectNoSessions();
  });

  test("a session closed during the upgrade ends as soon as the client moves", async () => {
    wire.start();
    const { sid, session, ended } = await wire.openPolling();
    const webSocket = await wire.upgrade({ sid });
    await probe(webSocket);
    session.close(); // no poll is here to tell the client
    expect(session.readyState).toBe("closing");
    webSocket.send("5");
    expect((await ended).reason).toBe("forced close");
    expect(await webSocket.closeCode()).not.toBe(1006);
    wire.expectNoSessions();
  });

  test("a session closed at once while its client moves ends when it has moved, which the client hears", async () => {
    wire.start();
    const { sid, session, ended } = await wire.openPolling();
    const webSocket = await wire.upgrade({ sid });
    await probe(webSocket);
    session.close(true); // as at the end of the server
    if (wire.isReference) {
      expect(session.readyState).toBe("closed"); // the stock client then waits for its ping timeout
      return;
    }
    expect(session.readyState).toBe("closing");
    expect(session.upgrading).toBe(true);
    webSocket.send("5");
    expect((await ended).reason).toBe("forced close");
    expect(await webSocket.closeCode()).not.toBe(1006);
    wire.expectNoSessions();
  });

  test("a session closed at once while its client moves ends where the client does not", async () => {
    wire.start();
    const { sid, session, ended } = await wire.openPolling();
    const webSocket = await wire.upgrade({ sid });
    await probe(webSocket);
    session.close(true);
    webSocket.send("4not the move");
    expect((await ended).reason).toBe("forced close");
    expect(await webSocket.closeCode()).not.toBe(1006);
    wire.expectNoSessions();
  });

  test("a session closed at once, twice, waits for no move", async () => {
    wire.start();
    const { sid, session, ended } = await wire.openPolling();
    const webSocket = await wire.upgrade({ sid });
    await probe(webSocket);
    session.close(true);
    session.close(true);
    expect((await ended).reason).toBe("forced close");
    expect(await webSocket.closeCode()).not.toBe(1006);
    wire.expectNoSessions();
  });

  test("a session whose heartbeat fails during the upgrade closes the candidate", async () => {
    wire.start({ pingInterval: 50, pingTimeout: 50 });
    const { sid, ended } = await wire.openPolling();
    const webSocket = await wire.upgrade({ sid });
    await probe(webSocket);
    expect((await ended).reason).toBe("ping timeout");
    expect(await webSocket.closeCode()).not.toBe(1006);
    wire.expectNoSessions();
  });

  test("a WebSocket with the id of no session is refused before the handshake", async () => {
    wire.start();
    await expect(wire.upgrade({ sid: "none" })).rejects.toThrow("400 Session ID unknown");
  });
});
