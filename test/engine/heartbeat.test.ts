import { expect, test } from "bun:test";
import { overTheWire, until } from "../support/wire.ts";

overTheWire((wire) => {
  test("a WebSocket session gets a ping each pingInterval and lives as long as it answers", async () => {
    wire.start({ pingInterval: 20, pingTimeout: 1000 });
    const { session, webSocket } = await wire.openWebSocket();
    let heartbeats = 0;
    session.on("heartbeat", () => heartbeats++);
    for (let count = 1; count <= 5; count++) {
      expect(await webSocket.text()).toBe("2");
      webSocket.send("3");
      await until(() => heartbeats === count);
    }
    expect(session.readyState).toBe("open");
  });

  test("a polling session gets a ping each pingInterval and lives as long as it answers", async () => {
    wire.start({ pingInterval: 20, pingTimeout: 1000 });
    const { sid, session } = await wire.openPolling();
    let heartbeats = 0;
    session.on("heartbeat", () => heartbeats++);
    for (let count = 1; count <= 5; count++) {
      expect(await wire.poll(sid)).toEqual(["2"]);
      await wire.deliver(sid, "3");
      expect(heartbeats).toBe(count);
    }
    expect(session.readyState).toBe("open");
  });

  test("no second ping comes before the first is answered", async () => {
    wire.start({ pingInterval: 10, pingTimeout: 1000 });
    const { session, webSocket } = await wire.openWebSocket();
    expect(await webSocket.text()).toBe("2");
    session.send("nothing before me");
    await Bun.sleep(50);
    session.send("nor before me");
    expect(await webSocket.text()).toBe("4nothing before me");
    expect(await webSocket.text()).toBe("4nor before me");
  });

  test("a WebSocket session that does not answer ends with a ping timeout", async () => {
    wire.start({ pingInterval: 20, pingTimeout: 20 });
    const { webSocket, ended } = await wire.openWebSocket();
    expect(await webSocket.text()).toBe("2");
    expect(await ended).toEqual({ reason: "ping timeout", description: undefined });
    expect(await webSocket.closeCode()).not.toBe(1006);
    wire.expectNoSessions();
  });

  test("a polling session that does not answer ends with a ping timeout", async () => {
    wire.start({ pingInterval: 20, pingTimeout: 1_000 }); // a slow machine has to fetch the ping in time
    const { sid, ended } = await wire.openPolling();
    expect(await wire.poll(sid)).toEqual(["2"]);
    expect((await ended).reason).toBe("ping timeout");
    wire.expectNoSessions();
  });

  test("a poll parked when the ping timeout comes is answered with a close packet", async () => {
    wire.start({ pingInterval: 20, pingTimeout: 1_000 }); // a slow machine has to poll again in time
    const { sid, ended } = await wire.openPolling();
    expect(await wire.poll(sid)).toEqual(["2"]);
    const { answer } = await wire.park(sid);
    expect((await ended).reason).toBe("ping timeout");
    expect(await (await answer).text()).toBe("1");
    wire.expectNoSessions();
  });

  test("a session whose client vanished without a word ends, though nothing polls", async () => {
    wire.start({ pingInterval: 20, pingTimeout: 20 });
    const { ended } = await wire.openPolling();
    expect((await ended).reason).toBe("ping timeout");
    wire.expectNoSessions();
  });

  test("an upgraded session has the same heartbeat", async () => {
    wire.start({ pingInterval: 250, pingTimeout: 50 });
    const { sid, session, ended } = await wire.openPolling();
    const webSocket = await wire.upgrade({ sid });
    webSocket.send("2probe");
    expect(await webSocket.text()).toBe("3probe");
    webSocket.send("5");
    await until(() => session.upgraded);
    expect(await webSocket.text()).toBe("2");
    webSocket.send("3");
    expect(await webSocket.text()).toBe("2");
    expect((await ended).reason).toBe("ping timeout");
    expect(await webSocket.closeCode()).not.toBe(1006);
    wire.expectNoSessions();
  });

  test("a client that sends messages but never a pong does not live for ever", async () => {
    wire.start({ pingInterval: 20, pingTimeout: 50 });
    const { session, webSocket, ended } = await wire.openWebSocket();
    session.on("message", () => webSocket.send("4busy"));
    webSocket.send("4busy");
    expect((await ended).reason).toBe("ping timeout");
    wire.expectNoSessions();
  });

  test("a pong that no ping asked for changes nothing", async () => {
    wire.start({ pingInterval: 100, pingTimeout: 20 });
    const { session, webSocket, ended } = await wire.openWebSocket();
    const heartbeat = new Promise<void>((resolve) => session.once("heartbeat", resolve));
    webSocket.send("3");
    await heartbeat;
    expect(session.readyState).toBe("open");
    expect(await webSocket.text()).toBe("2"); // it comes all the same,
    expect((await ended).reason).toBe("ping timeout"); // and asks for a pong of its own
    wire.expectNoSessions();
  });

  test("pings and pongs of the WebSocket protocol do not stand for the session's", async () => {
    wire.start({ pingInterval: 50, pingTimeout: 50 });
    const { webSocket, ended } = await wire.openWebSocket();
    expect(await webSocket.text()).toBe("2");
    const noise = setInterval(() => {
      webSocket.sendFrame({ opcode: 9, payload: Buffer.from("noise") });
      webSocket.sendFrame({ opcode: 10, payload: Buffer.from("noise") });
    }, 5);
    expect((await ended).reason).toBe("ping timeout");
    clearInterval(noise);
    wire.expectNoSessions();
  });
});
