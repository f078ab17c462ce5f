// Connection state recovery where the client knows sooner than the server that its connection is lost.

import { afterEach, describe, expect, test } from "bun:test";
import type { Server, Socket } from "bun-socket.io";
import { HOSTS, type Running } from "../support/hosts.ts";
import { RawClient } from "../support/raw-client.ts";

interface Connected {
  sid: string;
  pid: string;
}

async function join(client: RawClient, auth: object = {}): Promise<Connected> {
  await client.send(`40${JSON.stringify(auth)}`);
  return JSON.parse((await client.next((packet) => packet.startsWith("40"))).slice(2));
}

const events = (client: RawClient) =>
  client.packets.filter((packet) => typeof packet === "string" && packet.startsWith("42"));

describe.each(HOSTS)("$name", (host) => {
  describe.each(["websocket", "polling"] as const)("over %s", (transport) => {
    let running: Running;
    const clients: RawClient[] = [];

    const start = (): Server => {
      running = host.start({ connectionStateRecovery: { maxDisconnectionDuration: 60_000 } });
      return running.io;
    };
    const open = async (): Promise<RawClient> => {
      const client = await RawClient.open(running.url, transport);
      clients.push(client);
      return client;
    };
    afterEach(async () => {
      for (const client of clients.splice(0)) {
        client.close();
      }
      await running.close();
    });

    test("gives a client that is back before the server noticed its session again, and closes the old connection", async () => {
      const io = start();
      const sockets: Socket[] = [];
      const reasons: string[] = [];
      io.on("connection", (socket) => {
        sockets.push(socket);
        socket.on("disconnect", (reason) => reasons.push(reason));
        socket.data.name ??= "Ada";
        void socket.join("room");
      });
      const first = await open();
      const before = await join(first);
      io.to("room").emit("one");
      const packet = await first.next((each) => each.startsWith("42"));
      const [, offset] = JSON.parse(packet.slice(2));
      io.to("room").emit("two");

      const second = await open();
      const after = await join(second, { pid: before.pid, offset });
      expect(after).toEqual(before);
      await first.closed;
      expect(reasons).toEqual(["transport close"]);
      expect(sockets.map(({ recovered }) => recovered)).toEqual([false, true]);
      expect(sockets[1]?.data).toEqual({ name: "Ada" });
      expect(events(second).map((each) => JSON.parse((each as string).slice(2))[0])).toEqual([
        "two",
      ]);
      expect(io.sockets.sockets.size).toBe(1);
      expect(io.sockets.sockets.get(before.sid)).toBe(sockets[1] as Socket);

      io.to("room").emit("three");
      await second.next((each) => each.includes('"three"'));
    });

    test("gives a session to one client alone, and another that presents it afterwards takes it over", async () => {
      const io = start();
      const first = await open();
      const { pid, sid } = await join(first);
      const rivals = await Promise.all([open(), open()]);
      // Over polling the first may be closed before its answer has left.
      const answer = await Promise.any(rivals.map((rival) => join(rival, { pid })));
      expect(answer.sid).toBe(sid);
      // One of the two was there first, and has been closed like the one before it.
      await Promise.race(rivals.map((rival) => rival.closed));
      expect(io.sockets.adapter.sids.size).toBe(1);
    });

    test.each([
      ["a private id that is no string", { pid: { length: 1 }, offset: "x" }],
      ["a private id that nobody has", { pid: "00000000000000000000", offset: "x" }],
      ["the name of a property", { pid: "__proto__", offset: "constructor" }],
    ])("starts a new session for %s", async (_what, auth) => {
      const io = start();
      const client = await open();
      const { sid, pid } = await join(client, auth);
      expect(pid).not.toBe(auth.pid as string);
      expect(io.sockets.sockets.get(sid)?.recovered).toBeFalse();
    });

    test.each([
      ["no string", 7],
      ["one that the server never gave out", "ZZZZzzzzzz"],
      ["of a packet to come", "later"],
    ])("is not confused by an offset that is %s", async (_what, wrong) => {
      const io = start();
      const client = await open();
      const { pid } = await join(client);
      io.emit("one");
      const packet = await client.next((each) => each.startsWith("42"));
      const [, offset] = JSON.parse(packet.slice(2)) as [string, string];
      const later = offset.slice(0, 4) + (Number.parseInt(offset.slice(4), 36) + 9).toString(36);
      const back = await open();
      const { sid } = await join(back, { pid, offset: wrong === "later" ? later : wrong });
      // What is no offset at all says nothing; what is a wrong one says that packets are lost.
      const isRecovered = typeof wrong !== "string";
      expect(io.sockets.sockets.get(sid)?.recovered).toBe(isRecovered);
      expect(events(back).length).toBe(isRecovered ? 1 : 0);
    });
  });
});
