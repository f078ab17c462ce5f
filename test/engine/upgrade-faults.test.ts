import { expect, test } from "bun:test";
import { OPCODES, type RawWebSocket } from "../support/raw-websocket.ts";
import { overTheWire, type Peer, until, type Wire } from "../support/wire.ts";

async function probe(webSocket: RawWebSocket): Promise<void> {
  webSocket.send("2probe");
  expect(await webSocket.text()).toBe("3probe");
}

/** Shows that a session works over polling, both ways. */
async function expectPollingWorks(wire: Wire, { sid, session }: Peer): Promise<void> {
  expect(session.readyState).toBe("open");
  expect(session.upgrading).toBe(false);
  expect(session.upgraded).toBe(false);
  expect(session.transport.name).toBe("polling");
  const message = new Promise((resolve) => session.once("message", resolve));
  await wire.deliver(sid, "4still here");
  expect(await message).toBe("still here");
  session.send("so am I");
  expect(await wire.poll(sid)).toEqual(["4so am I"]);
}

overTheWire((wire) => {
  test.each([
    ["a message", "4hello"],
    ["a ping that is no probe", "2"],
    ["a ping with other data", "2other"],
    ["a pong", "3"],
    ["nonsense", "x"],
    ["a close packet", "1"],
  ])("%s on the candidate closes the candidate alone", async (_, packet) => {
    wire.start();
    const peer = await wire.openPolling();
    const webSocket = await wire.upgrade({ sid: peer.sid });
    webSocket.send(packet);
    expect(await webSocket.closeCode()).not.toBe(1006);
    await expectPollingWorks(wire, peer);
  });

  test("bytes on the candidate close the candidate alone", async () => {
    wire.start();
    const peer = await wire.openPolling();
    const webSocket = await wire.upgrade({ sid: peer.sid });
    await probe(webSocket);
    webSocket.sendBytes(Buffer.from([1, 2, 3]));
    expect(await webSocket.closeCode()).not.toBe(1006);
    await expectPollingWorks(wire, peer);
  });

  test.each(["before", "after"])(
    "a candidate that the client closes %s the probe leaves the session on polling",
    async (when) => {
      wire.start();
      const peer = await wire.openPolling();
      const webSocket = await wire.upgrade({ sid: peer.sid });
      await until(() => peer.session.upgrading);
      if (when === "after") {
        await probe(webSocket);
      }
      webSocket.sendClose(1000);
      await until(() => !peer.session.upgrading);
      await expectPollingWorks(wire, peer);
    },
  );

  test("a candidate whose connection breaks leaves the session on polling", async () => {
    wire.start();
    const peer = await wire.openPolling();
    const webSocket = await wire.upgrade({ sid: peer.sid });
    await probe(webSocket);
    webSocket.connection.destroy();
    await until(() => !peer.session.upgrading);
    await expectPollingWorks(wire, peer);
  });

  test("a candidate that sends a faulty frame leaves the session on polling", async () => {
    wire.start();
    const peer = await wire.openPolling();
    const webSocket = await wire.upgrade({ sid: peer.sid });
    await probe(webSocket);
    webSocket.sendFrame({ opcode: OPCODES.text, payload: Buffer.from("5"), rsv: 2 });
    await webSocket.connection.closed;
    await until(() => !peer.session.upgrading);
    await expectPollingWorks(wire, peer);
  });

  test("a client may try again after a failed upgrade", async () => {
    wire.start();
    const { sid, session } = await wire.openPolling();
    const failed = await wire.upgrade({ sid });
    failed.send("x");
    await failed.closeCode();
    await until(() => !session.upgrading);
    const webSocket = await wire.upgrade({ sid });
    await probe(webSocket);
    webSocket.send("5");
    await until(() => session.upgraded);
    session.send("here");
    expect(await webSocket.text()).toBe("4here");
  });

  test.each(["before", "after"])(
    "upgradeTimeout closes a candidate that stalls %s the probe, and nothing else",
    async (when) => {
      wire.start({ upgradeTimeout: 50 });
      const peer = await wire.openPolling();
      const webSocket = await wire.upgrade({ sid: peer.sid });
      if (when === "after") {
        await probe(webSocket);
      }
      expect(await webSocket.closeCode()).not.toBe(1006);
      await expectPollingWorks(wire, peer);
    },
  );
});
