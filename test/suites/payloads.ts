// What events and acknowledgements can carry, in both directions.

import { expect, test } from "bun:test";
import { once } from "../support/clients.ts";
import { TRANSPORTS } from "../support/hosts.ts";
import type { World } from "../support/world.ts";

const UNICODE = "héllo wörld — Привет, 世界 🚀👩‍👩‍👧‍👦 \u0000\u001e\u2028 é\ud83d\ude00";
const LARGE = 200_000;
const MANY = 500;

const text = [
  ["a string", "hello"],
  ["an empty string", ""],
  ["unicode", UNICODE],
  ["a number", -12.5],
  ["a boolean", false],
  ["null", null],
  ["a list", [1, [2, [3, []]]]],
  ["an object", { a: { b: { c: ["d", { e: null }] } }, "": "", ключ: "значение" }],
  ["a large string", "x".repeat(LARGE)],
  ["large unicode", "я".repeat(LARGE)],
] as const;

function bytes(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => index % 256));
}

/** What comes out of a binary payload: every kind of bytes arrives as a Buffer. */
const binary = [
  ["a Buffer", () => bytes(5), bytes(5)],
  ["an empty Buffer", () => Buffer.alloc(0), Buffer.alloc(0)],
  ["a Uint8Array", () => new Uint8Array(bytes(300)), bytes(300)],
  [
    "a part of a larger Uint8Array",
    () => new Uint8Array(bytes(9)).subarray(2, 4),
    bytes(4).subarray(2),
  ],
  ["an ArrayBuffer", () => new Uint8Array(bytes(7)).buffer, bytes(7)],
  [
    "bytes in nested objects and lists",
    () => ({
      text: UNICODE,
      list: [bytes(1), [new Uint8Array(bytes(2)), { deep: new Uint8Array(bytes(3)).buffer }]],
    }),
    { text: UNICODE, list: [bytes(1), [bytes(2), { deep: bytes(3) }]] },
  ],
  ["a large Buffer", () => bytes(LARGE), bytes(LARGE)],
] as const;

/** Sends payloads there and back: an event with an acknowledgement of the same, each way. */
async function echo(world: World, ...args: unknown[]): Promise<Record<string, unknown[]>> {
  world.start();
  const { client, socket } = await world.join();
  const onServer = new Promise<unknown[]>((resolve) => {
    socket.on("up", (...given) => {
      const reply = given.pop();
      resolve(given);
      reply(...given);
    });
  });
  const onClient = new Promise<unknown[]>((resolve) => {
    client.on("down", (...given) => {
      const reply = given.pop();
      resolve(given);
      reply(...given);
    });
  });
  const ackOnClient = new Promise<unknown[]>((resolve) => {
    client.emit("up", ...args, (...given: unknown[]) => resolve(given));
  });
  const ackOnServer = new Promise<unknown[]>((resolve) => {
    socket.emit("down", ...args, (...given: unknown[]) => resolve(given));
  });
  return {
    onServer: await onServer,
    onClient: await onClient,
    ackOnClient: await ackOnClient,
    ackOnServer: await ackOnServer,
  };
}

function everyWay(...args: unknown[]): Record<string, unknown[]> {
  return { onServer: args, onClient: args, ackOnClient: args, ackOnServer: args };
}

/** Bytes as the clients and servers under test hand them out, whatever they hand out, as Buffers. */
function normal(value: unknown): unknown {
  if (value instanceof ArrayBuffer) {
    return Buffer.from(value);
  }
  if (value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }
  if (Array.isArray(value)) {
    return value.map(normal);
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, normal(item)]));
  }
  return value;
}

export function payloadSuite(world: World): void {
  test.each(text)("carries %s there and back, in events and acknowledgements", async (_, value) => {
    expect(await echo(world, value)).toEqual(everyWay(value));
  });

  test.each(binary)("carries %s there and back, with its bytes", async (_, make, expected) => {
    const seen = await echo(world, make());
    expect(normal(seen)).toEqual(everyWay(expected));
  });

  test("hands the server's listeners bytes as Buffers", async () => {
    world.start();
    const { client, socket } = await world.join();
    const got = once(socket, "bytes");
    client.emit("bytes", new Uint8Array([1, 2]), { deep: new Uint8Array([3]).buffer });
    const [first, second] = await got;
    expect(Buffer.isBuffer(first)).toBeTrue();
    expect(second).toEqual({ deep: Buffer.from([3]) });
  });

  test("carries no argument, and many", async () => {
    expect(await echo(world)).toEqual(everyWay());
    await world.end();
    const many = Array.from({ length: 100 }, (_, index) => (index % 2 ? index : `${index}`));
    expect(await echo(world, ...many)).toEqual(everyWay(...many));
  });

  test("makes null of undefined among the arguments, as JSON does", async () => {
    expect(await echo(world, undefined, 1)).toEqual(everyWay(null, 1));
  });

  test("keeps text and binary events in the order they were sent, both ways at once", async () => {
    world.start();
    const { client, socket } = await world.join();
    const payloads = Array.from({ length: MANY }, (_, index) =>
      index % 7 === 0 ? [index, { bytes: bytes(index) }] : [index, `#${index}`],
    );
    const up: unknown[] = [];
    const down: unknown[] = [];
    socket.on("up", (...args: unknown[]) => up.push(args));
    client.on("down", (...args: unknown[]) => down.push(args));
    const upEnd = once(socket, "up end");
    const downEnd = once(client, "down end");
    for (const payload of payloads) {
      client.emit("up", ...payload);
      socket.emit("down", ...payload);
    }
    client.emit("up end");
    socket.emit("down end");
    await Promise.all([upEnd, downEnd]);
    expect(normal(up)).toEqual(payloads);
    expect(normal(down)).toEqual(payloads);
  });

  test("hands each of many acknowledgements to its own emit, in whatever order they come", async () => {
    world.start();
    const { client, socket } = await world.join();
    const replies: (() => void)[] = [];
    socket.on("question", (n: number, reply: (answer: number) => void) => {
      replies.push(() => reply(n * n));
      if (replies.length === 50) {
        for (const answer of replies.reverse()) {
          answer();
        }
      }
    });
    const numbers = Array.from({ length: 50 }, (_, index) => index);
    const answers = await Promise.all(numbers.map((n) => client.emitWithAck("question", n)));
    expect(answers).toEqual(numbers.map((n) => n * n));
  });

  test("takes events that a client emits before it is connected", async () => {
    world.start();
    const got = new Promise((resolve) => {
      world.io.on("connection", (socket) => socket.on("early", resolve));
    });
    world.make().emit("early", { bytes: Buffer.from("now") });
    expect(await got).toEqual({ bytes: Buffer.from("now") });
  });

  test("delivers what the server emits in its connection listener", async () => {
    world.start();
    world.io.on("connection", (socket) => {
      socket.emit("welcome", 1);
      socket.emit("welcome", Buffer.from([2]));
      socket.emit("welcome", 3);
    });
    const client = world.make();
    const events: unknown[] = [];
    await new Promise<void>((resolve) => {
      client.on("welcome", (value) => {
        events.push(value);
        if (value === 3) {
          resolve();
        }
      });
    });
    expect(normal(events)).toEqual([1, Buffer.from([2]), 3]);
  });

  test("sends one broadcast to clients of every transport alike, and takes their answers", async () => {
    const io = world.start();
    const pairs = await Promise.all(
      TRANSPORTS.map(({ transports }) => world.join("/", { transports: [...transports] })),
    );
    const payload = { text: UNICODE, bytes: bytes(300) };
    const got = pairs.map(({ client }) => once(client, "payload"));
    io.emit("payload", payload);
    expect(normal(await Promise.all(got))).toEqual(pairs.map(() => [payload]));
    for (const { client } of pairs) {
      client.on("echo", (value, reply) => reply(value));
    }
    const answers: unknown[] = await io.timeout(5000).emitWithAck("echo", payload);
    expect(normal(answers)).toEqual(pairs.map(() => payload));
  });
}
