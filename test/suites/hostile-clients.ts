// Clients that break the protocol: their connection ends, and nobody else's.

import { expect, test } from "bun:test";
import type { Server, Socket } from "bun-socket.io";
import { once } from "../support/clients.ts";
import { RawClient } from "../support/raw-client.ts";
import { arrived, reachable, type World } from "../support/world.ts";

interface Intruder {
  raw: RawClient;
  socket: Socket;
  calls: unknown[];
}

export function hostileClientSuite(world: World): void {
  const transport = world.isPolling ? "polling" : "websocket";

  /** A session that says what it likes, in the namespace /. */
  async function intrude(io: Server): Promise<Intruder> {
    const connection = once<[Socket]>(io, "connection");
    const raw = await RawClient.open(world.running.url, transport);
    await raw.connect();
    const [socket] = await connection;
    const calls: unknown[] = [];
    socket.on("error", (error) => calls.push(["error", error instanceof Error]));
    socket.on("disconnect", (reason) => calls.push(["disconnect", reason]));
    return { raw, socket, calls };
  }

  const unreadable: [string, string | Uint8Array<ArrayBuffer>][] = [
    ["text that is no packet", "4garbage"],
    ["a packet of an unknown type", "49"],
    ["an event that is no JSON", '42["x"'],
    ["an event that is no list", '42{"a":1}'],
    ["an event without a name", "42[]"],
    ["an event whose name is an object", "42[{}]"],
    ["an event with a reserved name", '42["disconnect"]'],
    ["a disconnection with data", '41{"a":1}'],
    ["bytes that belong to no event", new Uint8Array([1, 2, 3])],
    ["an event in place of its attachments", '451-["x",{"_placeholder":true,"num":0}]'],
    ["attachments without a count", "45-"],
  ];

  test.each(unreadable)(
    "ends a connection that sends %s, with an error on its socket",
    async (what, packet) => {
      const io = world.start();
      const other = await world.join();
      const { raw, socket, calls } = await intrude(io);
      const gone = once(socket, "disconnect");
      await raw.send(packet);
      if (what === "an event in place of its attachments") {
        await raw.send('42["y"]');
      }
      await gone;
      await raw.closed;
      expect(calls).toEqual([
        ["error", true],
        ["disconnect", "forced close"],
      ]);
      await arrived(other);
      expect([...io.of("/").sockets.keys()]).toEqual([other.socket.id]);
    },
  );

  test.each([
    ["an event for a namespace it is not in", '42/elsewhere,["x"]'],
    ["an acknowledgement for a namespace it is not in", "43/elsewhere,1[]"],
    ["a second CONNECT", "40"],
    ["a CONNECT_ERROR", '44{"message":"x"}'],
  ])("ends a connection that sends %s", async (_, packet) => {
    const io = world.start();
    io.of("/elsewhere");
    const other = await world.join();
    const { raw, socket, calls } = await intrude(io);
    await reachable(socket);
    const gone = once(socket, "disconnect");
    await raw.send(packet);
    await gone;
    await raw.closed;
    expect(calls).toEqual([["disconnect", "forced close"]]);
    await arrived(other);
    expect(io.of("/").sockets.size).toBe(1);
  });

  test("ends a connection that starts with an event", async () => {
    const io = world.start();
    const raw = await RawClient.open(world.running.url, transport);
    await raw.send('42["x"]');
    await raw.closed;
    expect(io.engine.clientsCount).toBe(0);
  });

  test("ignores acknowledgements that nobody waits for", async () => {
    const io = world.start();
    const { raw, socket, calls } = await intrude(io);
    const heard = once(socket, "x");
    await raw.send('43999["unknown"]', "43[]", '42["x",1]');
    expect(await heard).toEqual([1]);
    expect(calls).toEqual([]);
    raw.close();
  });

  test("takes an acknowledgement once", async () => {
    const io = world.start();
    const { raw, socket } = await intrude(io);
    const answers: unknown[] = [];
    socket.emit("question", (answer: unknown) => answers.push(answer));
    const question = await raw.next((packet) => packet.startsWith("42"));
    const id = /^42(\d+)/.exec(question)?.[1];
    const heard = once(socket, "x");
    await raw.send(`43${id}["first"]`, `43${id}["second"]`, '42["x"]');
    await heard;
    expect(answers).toEqual(["first"]);
    raw.close();
  });

  test("is sent an acknowledgement once, even if it is given twice", async () => {
    const io = world.start();
    const { raw, socket } = await intrude(io);
    socket.on("twice", (reply) => {
      reply("first");
      reply("second");
      socket.emit("end");
    });
    await raw.send('427["twice"]');
    await raw.next((packet) => packet === '42["end"]');
    const acks = raw.packets.filter((packet) => packet.toString().startsWith("43"));
    expect(acks).toEqual(['437["first"]']);
    raw.close();
  });

  test("hands on an event whose name is a number", async () => {
    const io = world.start();
    const { raw, socket } = await intrude(io);
    const heard = once(socket, "42");
    await raw.send('42[42,"x"]');
    expect(await heard).toEqual(["x"]);
    raw.close();
  });

  test("ends a session that answers no ping, with the reason ping timeout", async () => {
    const io = world.start({ pingInterval: 20, pingTimeout: 20 });
    const { raw, socket } = await intrude(io);
    expect((await once(socket, "disconnect"))[0]).toBe("ping timeout");
    await raw.closed;
  });

  test("closes a connection that joins no namespace within connectTimeout", async () => {
    const io = world.start({ connectTimeout: 500 }); // enough for the other one to join in
    const other = await world.join();
    const raw = await RawClient.open(world.running.url, transport);
    await raw.closed;
    await arrived(other);
    expect(io.engine.clientsCount).toBe(1);
  });

  test("drops what comes behind the packet that ended the connection", async () => {
    const io = world.start();
    const { raw, socket, calls } = await intrude(io);
    socket.on("x", () => calls.push("x"));
    const gone = once(socket, "disconnect");
    await raw.send("4garbage", '42["x"]', "40");
    await gone;
    await raw.closed;
    expect(calls).toEqual([
      ["error", true],
      ["disconnect", "forced close"],
    ]);
    expect(io.of("/").sockets.size).toBe(0);
  });

  if (world.isReference) {
    return; // it depends on the transport there
  }

  test("ends a connection that goes on in a namespace it has left", async () => {
    const io = world.start();
    const { raw, socket, calls } = await intrude(io);
    socket.on("x", () => calls.push("x"));
    await raw.send("41", '42["x"]');
    await raw.closed;
    expect(calls).toEqual([["disconnect", "client namespace disconnect"]]);
  });
}
