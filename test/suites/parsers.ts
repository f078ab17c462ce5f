// Parsers in place of the default one: of others, and the default one with its options.

import { expect, test } from "bun:test";
import { EventEmitter } from "node:events";
import { Decoder, Encoder, type Packet } from "socket.io-parser";
import * as msgpackParser from "socket.io-msgpack-parser";
import { once } from "../support/clients.ts";
import { arrived, departed, type Pair, recordEvents, type World } from "../support/world.ts";

const LONG = 5_000;

/** A parser whose packets are bytes that begin with their length. */
const lengthParser = {
  Encoder: class {
    encode(packet: Packet): Uint8Array[] {
      const json = Buffer.from(JSON.stringify(packet));
      const head = Buffer.alloc(4);
      head.writeUInt32BE(json.length);
      return [Buffer.concat([head, json])];
    }
  },
  Decoder: class extends EventEmitter {
    add(chunk: unknown): void {
      const bytes = Buffer.from(chunk as Uint8Array);
      if (bytes.readUInt32BE(0) !== bytes.length - 4) {
        throw new Error("the length is wrong");
      }
      this.emit("decoded", JSON.parse(bytes.toString("utf8", 4)));
    }

    destroy(): void {}
  },
};

/** A parser that takes a packet apart into two chunks of text. */
function makeChunkParser(): { parser: object; destroyed: () => number } {
  let destroyed = 0;
  class ChunkDecoder extends EventEmitter {
    #first: string | null = null;

    add(chunk: unknown): void {
      if (this.#first === null) {
        this.#first = `${chunk}`;
        return;
      }
      const text = this.#first + chunk;
      this.#first = null;
      this.emit("decoded", JSON.parse(text));
    }

    destroy(): void {
      destroyed++;
    }
  }
  class ChunkEncoder {
    encode(packet: Packet): string[] {
      const text = JSON.stringify(packet);
      return [text.slice(0, 3), text.slice(3)];
    }
  }
  return {
    parser: { Encoder: ChunkEncoder, Decoder: ChunkDecoder },
    destroyed: () => destroyed,
  };
}

/** A parser of several packets a chunk, of which any may be broken. */
const linesParser = {
  Encoder: class {
    encode(packet: Packet): string[] {
      return [JSON.stringify(packet)];
    }
  },
  Decoder: class extends EventEmitter {
    add(chunk: unknown): void {
      for (const line of `${chunk}`.split("\n")) {
        this.emit("decoded", JSON.parse(line));
      }
    }

    destroy(): void {}
  },
};

/** Dates and big numbers, which JSON has none of. */
const typedParser = {
  Encoder: class extends Encoder {
    constructor() {
      super((_key: string, value: unknown) =>
        typeof value === "bigint" ? { $bigint: `${value}` } : value,
      );
    }
  },
  Decoder: class extends Decoder {
    constructor() {
      super((_key: string, value: unknown) =>
        typeof value === "object" && value !== null && "$bigint" in value
          ? BigInt(`${value.$bigint}`)
          : value,
      );
    }
  },
};

/** The default parser, for packets of more attachments than usual. */
const roomyParser = {
  Encoder,
  Decoder: class extends Decoder {
    constructor() {
      super({ maxAttachments: 20 });
    }
  },
};

/** The default parser, for packets of few attachments. */
const narrowParser = {
  Encoder,
  Decoder: class extends Decoder {
    constructor() {
      super({ maxAttachments: 2 });
    }
  },
};

function bytes(count: number): Buffer[] {
  return Array.from({ length: count }, (_, index) => Buffer.from([index]));
}

/** Sends all there is to send, both ways. */
async function exerciseAll(world: World, parser: object, value: unknown): Promise<void> {
  const io = world.start({ parser: parser as typeof lengthParser });
  io.of("/a").use((socket, next) => {
    const error: Error & { data?: unknown } = new Error("no");
    error.data = { why: "so" };
    next(socket.handshake.auth.ok === true ? undefined : error);
  });
  const pair = await world.join("/", { parser, auth: { ok: true } });
  const { client, socket } = pair;
  expect(socket.handshake.auth).toEqual({ ok: true });

  // Events and acknowledgements of both, and broadcasts
  socket.on("echo", (...args) => args.at(-1)(...args.slice(0, -1)));
  client.on("echo", (...args) => args.at(-1)(...args.slice(0, -1)));
  expect(await client.emitWithAck("echo", value)).toEqual(value);
  expect(await socket.emitWithAck("echo", value)).toEqual(value);
  expect(await socket.timeout(LONG).emitWithAck("echo", value)).toEqual(value);
  expect(await io.timeout(LONG).emitWithAck("echo", value)).toEqual([value]);
  const events = recordEvents(client);
  io.emit("all", value, 1);
  io.to(socket.id).compress(false).emit("room", value);
  socket.emit("own");
  await arrived(pair);
  expect(events).toEqual([["all", value, 1], ["room", value], ["own"]]);

  // Other namespaces, and refusals
  const a = client.io.socket("/a", { auth: { ok: false } });
  const [refused] = await once<[Error & { data?: unknown }]>(a, "connect_error");
  expect([refused.message, refused.data]).toEqual(["no", { why: "so" }]);
  const [unknown] = await once<[Error]>(client.io.socket("/unknown"), "connect_error");
  expect(unknown.message).toBe("Invalid namespace");
  a.auth = { ok: true };
  a.disconnect().connect();
  await once(a, "connect");
  const inA: Pair = { client: a, socket: world.socketOf(a, "/a") };
  await arrived(inA);

  // Disconnections of both sides
  const gone = once(inA.client, "disconnect");
  inA.socket.disconnect();
  expect((await gone)[0]).toBe("io server disconnect");
  const left = once(socket, "disconnect");
  client.disconnect();
  expect((await left)[0]).toBe("client namespace disconnect");
  expect([...io.of("/").sockets, ...io.of("/a").sockets]).toEqual([]);
}

export function parserSuite(world: World): void {
  test("takes socket.io-msgpack-parser, with bytes", async () => {
    const value = { text: "ünï 🚀", list: [1, 2.5, null, true], bytes: Buffer.from([0, 1, 255]) };
    await exerciseAll(world, msgpackParser, value);
  });

  test("takes a parser whose packets are bytes", async () => {
    await exerciseAll(world, lengthParser, { text: "ünï 🚀", list: [1, 2.5, null, true] });
  });

  test("takes a parser whose packets are several chunks, and destroys its decoders", async () => {
    const { parser, destroyed } = makeChunkParser();
    await exerciseAll(world, parser, { text: "x", list: [{ deep: [] }] });
    const closed = destroyed();
    const { client, socket } = await world.join("/", { parser });
    const gone = once(socket.conn, "close");
    client.io.engine.close();
    await gone;
    expect(destroyed()).toBeGreaterThan(closed);
  });

  test("handles what a parser has made of a chunk, before that turns out broken and ends the connection", async () => {
    const io = world.start({ parser: linesParser });
    const { client, socket } = await world.join("/", { parser: linesParser });
    const calls: unknown[] = [];
    socket.onAny((...event) => calls.push(event));
    socket.on("error", ({ message }) => calls.push(["error", message !== ""]));
    socket.emit("question", (answer: unknown) => calls.push(["answer", answer]));
    await once(client, "question");
    const gone = once(socket, "disconnect");
    client.io.engine.write(
      [
        '{"type":3,"nsp":"/","id":0,"data":[1]}',
        '{"type":2,"nsp":"/","data":["x"]}',
        "broken",
      ].join("\n"),
    );
    expect((await gone)[0]).toBe("forced close");
    await new Promise((resolve) => setImmediate(resolve)); // there, what it has made comes only then
    const handled = [["answer", 1], ["x"]];
    const failed = ["error", true];
    expect(calls).toEqual(world.isReference ? [failed, ...handled] : [...handled, failed]);
    expect(io.of("/").sockets.size).toBe(0);
  });

  test("takes the default parser with a replacer and a reviver", async () => {
    await exerciseAll(world, typedParser, { big: 2n ** 70n, list: [1n] });
  });

  test("takes the default parser with more attachments", async () => {
    await exerciseAll(world, roomyParser, { bytes: bytes(15) });
  });

  test("ends the connection of a client that sends more attachments than the parser takes", async () => {
    for (const [parser, limit] of [
      [undefined, 10],
      [narrowParser, 2],
    ] as const) {
      const io = world.start(parser === undefined ? {} : { parser });
      const pair = await world.join();
      const got: unknown[] = [];
      pair.socket.on("bytes", (list) => got.push(list.length));
      pair.client.emit("bytes", bytes(limit));
      await departed(pair);
      expect(got).toEqual([limit]);
      const failed = once<[Error]>(pair.socket, "error");
      const gone = once(pair.socket, "disconnect");
      pair.client.emit("bytes", bytes(limit + 1));
      expect((await failed)[0].message).toBe("too many attachments");
      expect((await gone)[0]).toBe("forced close");
      expect(io.of("/").sockets.size).toBe(0);
      await world.end();
    }
  });

  test("ends the connection of a client whose bytes socket.io-msgpack-parser cannot read", async () => {
    const io = world.start({ parser: msgpackParser });
    const parser = msgpackParser;
    const { client, socket } = await world.join("/", { parser });
    const failed = once<[Error]>(socket, "error");
    const gone = once(socket, "disconnect");
    client.io.engine.write(Buffer.from([0xc1, 0xff]));
    expect((await failed)[0]).toBeInstanceOf(Error);
    await gone;
    expect(io.of("/").sockets.size).toBe(0);
  });
}
