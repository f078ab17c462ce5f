// Closing a server, and what can be put into one: adapters and parsers.

import { expect, test } from "bun:test";
import { EventEmitter } from "node:events";
import {
  Adapter,
  type AdapterNamespace,
  type BroadcastOptions,
  type Server,
  type Socket,
} from "bun-socket.io";
import { PacketType } from "socket.io-parser";
import { once } from "../support/clients.ts";
import { arrived, departed, recordEvents, type World } from "../support/world.ts";

/** An adapter that tells what it is asked. */
class TellingAdapter extends Adapter {
  readonly calls: string[] = [];

  override addAll(id: string, rooms: Set<string>): Promise<void> | void {
    this.calls.push(`addAll ${[...rooms].map((room) => (room === id ? "own" : room))}`);
    return super.addAll(id, rooms);
  }

  override broadcast(...args: Parameters<Adapter["broadcast"]>): void {
    const [packet, { rooms, except = new Set<string>(), flags = {} }]: [
      { data?: unknown },
      BroadcastOptions,
    ] = args;
    const listed = { rooms: [...rooms], except: [...except], flags };
    this.calls.push(`broadcast ${JSON.stringify(packet.data)} ${JSON.stringify(listed)}`);
    super.broadcast(...args);
  }

  override close(): void {
    this.calls.push("close");
  }
}

interface JsonPacket {
  type: number;
  nsp: string;
  data?: unknown;
  id?: number;
}

/** A parser as small as they come: a packet is JSON. */
const jsonParser = {
  Encoder: class {
    encode(packet: JsonPacket): string[] {
      return [JSON.stringify(packet)];
    }
  },
  Decoder: class extends EventEmitter {
    add(chunk: unknown): void {
      const packet: JsonPacket = JSON.parse(`${chunk}`);
      if (typeof packet.type !== "number") {
        throw new Error("no packet");
      }
      this.emit("decoded", packet);
    }
    destroy(): void {}
  },
};

function adapterOf(io: Server): TellingAdapter {
  const { adapter } = io.of("/");
  if (adapter instanceof TellingAdapter) {
    return adapter;
  }
  throw new Error("it is another adapter");
}

export function lifecycleSuite(world: World): void {
  test("ends every socket when it closes, calls back and resolves", async () => {
    const io = world.start();
    io.of("/a");
    const [first, second] = [await world.join(), await world.join("/a")];
    const reasons = Promise.all([
      once(first.socket, "disconnect"),
      once(second.socket, "disconnect"),
    ]);
    const gone = Promise.all([once(first.client, "disconnect"), once(second.client, "disconnect")]);
    let calledBack = false;
    await io.close(() => {
      calledBack = true;
    });
    expect(calledBack).toBeTrue();
    expect((await reasons).map(([reason]) => reason)).toEqual(
      Array(2).fill("server shutting down"),
    );
    await gone;
    expect(io.engine.clientsCount).toBe(0);
    expect(io.of("/").sockets.size + io.of("/a").sockets.size).toBe(0);
  });

  test("takes an adapter: a class, one for each namespace, closed with the server", async () => {
    const io = world.start({ adapter: TellingAdapter });
    const { client, socket } = await world.join();
    await socket.join(["a", "b"]);
    const hello = once(client, "hello");
    io.to("a").except("c").volatile.emit("lost or not", 1);
    io.compress(false).emit("hello", 1);
    await hello;
    const adapter = adapterOf(io);
    expect(adapter.nsp).toBe(io.of("/"));
    expect(io.of("/other").adapter).not.toBe(io.of("/").adapter);
    expect(adapter.calls).toEqual([
      "addAll own",
      "addAll a,b",
      'broadcast ["lost or not",1] {"rooms":["a"],"except":["c"],"flags":{"volatile":true}}',
      'broadcast ["hello",1] {"rooms":[],"except":[],"flags":{"compress":false}}',
    ]);
    await io.close();
    expect(adapter.calls.at(-1)).toBe("close");
  });

  test("takes an adapter: a function that returns one", async () => {
    const made: string[] = [];
    const io = world.start({
      adapter: function make(nsp: AdapterNamespace) {
        made.push(nsp.name);
        return new TellingAdapter(nsp);
      },
    });
    io.of("/a");
    const pair = await world.join();
    await arrived(pair);
    expect(made).toEqual(["/", "/a"]);
    expect(adapterOf(io).calls).toEqual(["addAll own"]);
  });

  test("changes the adapter of the namespaces there are with io.adapter()", async () => {
    const io = world.start();
    io.of("/a");
    expect(Object.is(io.adapter(TellingAdapter), io)).toBeTrue();
    expect(io.adapter()).toBe(TellingAdapter);
    expect(io.of("/a").adapter).toBeInstanceOf(TellingAdapter);
    await arrived(await world.join());
    expect(adapterOf(io).calls).toEqual(["addAll own"]);
  });

  test("takes a parser, for all that goes in and out", async () => {
    const io = world.start({ parser: jsonParser });
    io.of("/a");
    const options = { parser: jsonParser };
    const { client, socket } = await world.join("/", options);
    socket.on("sum", (a, b, reply) => reply(a + b));
    client.on("product", (a, b, reply) => reply(a * b));
    expect(await client.emitWithAck("sum", 2, 3)).toBe(5);
    expect(await socket.emitWithAck("product", 2, 3)).toBe(6);
    expect(await io.timeout(5000).emitWithAck("product", 3, 3)).toEqual([9]);
    const a = await world.joinOver(client, "/a");
    await arrived(a);
    const [error] = await once<[Error]>(client.io.socket("/b"), "connect_error");
    expect(error.message).toBe("Invalid namespace");
    const gone = once(socket, "disconnect");
    client.disconnect();
    expect((await gone)[0]).toBe("client namespace disconnect");
  });

  test("ends a connection whose data the parser cannot read", async () => {
    const io = world.start({ parser: jsonParser });
    const { client, socket } = await world.join("/", { parser: jsonParser });
    const failed = once<[Error]>(socket, "error");
    const gone = once(client, "disconnect");
    client.io.engine.write("no JSON");
    expect((await failed)[0]).toBeInstanceOf(Error);
    await gone;
    expect(io.of("/").sockets.size).toBe(0);
  });

  test("takes packets without arguments from a parser that lets them pass", async () => {
    world.start({ parser: jsonParser });
    const pair = await world.join("/", { parser: jsonParser });
    const calls: unknown[][] = [];
    const answered = new Promise<unknown[]>((resolve) => {
      pair.socket.emit("question", (...args: unknown[]) => resolve(args));
    });
    pair.socket.onAny((...event) => calls.push(event));
    const send = (packet: object): unknown =>
      pair.client.io.engine.write(JSON.stringify({ nsp: "/", ...packet }));
    send({ type: PacketType.EVENT });
    send({ type: PacketType.ACK, id: 0 });
    expect(await answered).toEqual([]);
    await departed(pair);
    expect(calls.slice(0, 1)).toEqual([[]]);
    expect(pair.socket.connected).toBeTrue();
  });

  test("can be closed by a listener of one of its sockets", async () => {
    const io = world.start();
    const { client, socket } = await world.join();
    const closed = new Promise<void>((resolve) => {
      socket.on("shut down", () => resolve(io.close()));
    });
    const gone = once(client, "disconnect");
    client.emit("shut down");
    await closed;
    await gone;
    expect(io.of("/").sockets.size).toBe(0);
  });

  test("throws where an event cannot be encoded, and goes on", async () => {
    const io = world.start();
    const pair = await world.join();
    const events = recordEvents(pair.client);
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    for (const emit of [
      () => pair.socket.emit("x", circular),
      () => pair.socket.emit("x", 1n),
      () => io.emit("x", circular),
      () => io.to(pair.socket.id).emit("x", 1n),
    ]) {
      expect(emit).toThrow();
    }
    pair.socket.emit("y");
    await arrived(pair);
    expect(events).toEqual([["y"]]);
  });

  test("takes a client back that has lost its connection, as another socket, with what it kept for it", async () => {
    const io = world.start();
    const { client, socket } = await world.join("/", {
      reconnection: true,
      reconnectionDelay: 1,
      reconnectionDelayMax: 1,
    });
    const connection = once<[Socket]>(io, "connection");
    const gone = once(client, "disconnect");
    socket.conn.close();
    expect(await gone).toContain("transport close");
    client.emit("kept", Buffer.from("x"));
    const [second] = await connection;
    const [kept] = await once(second, "kept");
    expect(kept).toEqual(Buffer.from("x"));
    expect(second.id).not.toBe(socket.id);
    expect(second.conn.id).not.toBe(socket.conn.id);
    expect(io.of("/").sockets.size).toBe(1);
  });
}
