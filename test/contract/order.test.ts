// Schemas that take their time, and schemas that fail.

import { expect, spyOn, test } from "bun:test";
import {
  type ContractError,
  defineContract,
  type StandardSchema,
  withContract,
} from "bun-socket.io/contract";
import * as v from "valibot";
import { z } from "zod";
import { Clients, once } from "../support/clients.ts";
import { HOSTS } from "../support/hosts.ts";
import { everywhere, type World } from "../support/world.ts";

/** Schemas that wait until the test lets them go on, by the value that they check. */
class Gates {
  readonly asked: string[] = [];
  readonly #open = new Map<string, () => void>();

  readonly schema: StandardSchema<string> = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) => {
        const text = String(value);
        this.asked.push(text);
        return new Promise((resolve) => {
          const result = text.startsWith("bad")
            ? { issues: [{ message: "bad" }] }
            : { value: text };
          this.#open.set(text, () => resolve(result));
        });
      },
    },
  };

  async open(value: string): Promise<void> {
    while (!this.#open.has(value)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#open.get(value)?.();
  }
}

function start(world: World, maxPending?: number) {
  const io = world.start();
  const gates = new Gates();
  const got: unknown[] = [];
  const codes: string[] = [];
  const contract = defineContract({
    clientToServer: {
      slow: { input: gates.schema },
      fast: { input: z.string() },
      both: { input: [gates.schema, gates.schema] },
      reply: { input: z.string(), ack: gates.schema },
    },
    serverToClient: { slow: { input: z.string(), ack: gates.schema } },
  });
  const rooms = withContract(io.of("/room"), contract, {
    onInvalid: ({ code }) => codes.push(code),
    ...(maxPending === undefined ? {} : { maxPending }),
  });
  rooms.on("connection", (socket) => {
    socket.on("slow", (text) => got.push(text));
    socket.on("fast", (text) => got.push(text));
    socket.on("both", (...texts) => got.push(texts));
    socket.on("reply", (text, reply) => reply(text));
  });
  return { io, rooms, gates, got, codes };
}

function orderSuite(world: World): void {
  test("events of a socket keep their order, however long their schemas take", async () => {
    const { gates, got } = start(world);
    const { client } = await world.join("/room");
    client.emit("fast", "1");
    client.emit("slow", "2");
    client.emit("fast", "3");
    client.emit("slow", "bad 4");
    client.emit("slow", "5");
    const last = client.emitWithAck("fast", "6");
    await gates.open("2");
    await gates.open("bad 4");
    await gates.open("5");
    await last;
    expect(got).toEqual(["1", "2", "3", "5", "6"]);
    expect(gates.asked).toEqual(["2", "bad 4", "5"]);
    await client.emitWithAck("fast", "7");
    expect(got.at(-1)).toBe("7");
  });

  test.each([
    ["zod", z.string().refine((text) => Promise.resolve(text !== "bad"))],
    [
      "valibot",
      v.pipeAsync(
        v.string(),
        v.checkAsync(async (text) => text !== "bad"),
      ),
    ],
  ] as const)("asynchronous schemas of %s keep the order", async (_library, schema) => {
    const io = world.start();
    const contract = defineContract({
      clientToServer: { slow: { input: schema }, fast: { input: z.string() } },
      serverToClient: {},
    });
    const got: string[] = [];
    withContract(io, contract).on("connection", (socket) => {
      socket.on("slow", (text) => got.push(text));
      socket.on("fast", (text) => got.push(text));
    });
    const { client } = await world.join();
    const answers = [
      client.emitWithAck("slow", "1"),
      client.emitWithAck("fast", "2"),
      client.emitWithAck("slow", "bad"),
      client.emitWithAck("fast", "3"),
    ];
    const codes = (await Promise.all(answers)).map((answer) => answer?.code);
    expect(codes).toEqual([undefined, undefined, "INVALID_PAYLOAD", undefined]);
    expect(got).toEqual(["1", "2", "3"]);
  });

  test("the events of other sockets are not kept waiting", async () => {
    const { gates, got } = start(world);
    const [a, b] = [await world.join("/room"), await world.join("/room")];
    const slow = a.client.emitWithAck("slow", "slow");
    await b.client.emitWithAck("fast", "fast");
    expect(got).toEqual(["fast"]);
    await gates.open("slow");
    await slow;
    expect(got).toEqual(["fast", "slow"]);
  });

  test("several arguments of one event are checked at the same time", async () => {
    const { gates, got } = start(world);
    const { client } = await world.join("/room");
    const both = client.emitWithAck("both", "a", "b");
    await gates.open("b");
    await gates.open("a");
    await both;
    const refused = client.emitWithAck("both", "c", "bad d");
    await gates.open("c");
    await gates.open("bad d");
    expect((await refused).issues).toEqual([{ message: "bad", path: [1] }]);
    expect(got).toEqual([["a", "b"]]);
  });

  test("acknowledgements may take their time, both ways", async () => {
    const { rooms, gates } = start(world);
    const { client } = await world.join("/room");
    const answer = client.emitWithAck("reply", "a");
    await gates.open("a");
    expect(await answer).toBe("a");
    client.on("slow", (text, reply) => reply(text));
    const own = rooms.sockets.get(`${client.id}`)?.emitWithAck("slow", "b");
    await gates.open("b");
    expect(await own).toBe("b");
    const all = rooms.timeout(5_000).emitWithAck("slow", "c");
    await gates.open("c");
    expect(await all).toEqual(["c"]);
  });

  test("what a client sent before it left is not looked at any more", async () => {
    const { gates, got } = start(world);
    const { client, socket } = await world.join("/room");
    client.emit("slow", "1");
    client.emit("slow", "2");
    const gone = once(socket, "disconnect");
    client.disconnect();
    await gone;
    await gates.open("1");
    const other = await world.join("/room");
    await other.client.emitWithAck("fast", "3");
    expect(got).toEqual(["3"]);
    expect(gates.asked).toEqual(["1"]);
  });

  test("a client cannot pile up events that wait", async () => {
    const { gates, got, codes } = start(world, 2);
    const { client } = await world.join("/room");
    client.emit("slow", "1");
    const waiting = [client.emitWithAck("fast", "2"), client.emitWithAck("fast", "3")];
    const refusal = await client.emitWithAck("fast", "4");
    expect(refusal).toEqual({ code: "TOO_MANY_PENDING", event: "fast", issues: [] });
    await gates.open("1");
    await Promise.all(waiting);
    expect(await client.emitWithAck("fast", "5")).toBeUndefined();
    expect(got).toEqual(["1", "2", "3", "5"]);
    expect(codes).toEqual(["TOO_MANY_PENDING"]);
  });
}

const [listening, , , node] = HOSTS;
if (listening === undefined || node === undefined) {
  throw new Error("the hosts are other ones by now");
}
everywhere(orderSuite, [listening, node]);

function failing(validate: () => never): StandardSchema {
  return { "~standard": { version: 1, vendor: "test", validate } };
}

const reject = (): never => Promise.reject(new Error("the database is away")) as never;
const fail = (): never => {
  throw new Error("the schema is wrong");
};

test.each([
  ["throws", fail],
  ["rejects", reject],
])("a schema that %s refuses, says nothing of it, and the session goes on", async (_, validate) => {
  const running = listening.start();
  using warned = spyOn(process, "emitWarning").mockImplementation(() => {});
  const errors: ContractError[] = [];
  const contract = defineContract({
    clientToServer: { a: { input: failing(validate) }, b: {}, c: { ack: failing(validate) } },
    serverToClient: { d: { ack: failing(validate) }, e: { input: failing(validate) } },
  });
  const io = withContract(running.io, contract, {
    onInvalid: (error) => errors.push(error),
    checkOutgoing: true,
  });
  io.on("connection", (socket) => socket.on("c", (reply) => reply("x")));
  const clients = new Clients();
  const client = await clients.connect(running.url);
  const refusal = { code: "SCHEMA_FAILED", event: "a", issues: [] };
  expect(await client.emitWithAck("a", 1)).toEqual(refusal);
  expect(await client.emitWithAck("c")).toEqual({ ...refusal, event: "c" });
  expect(await client.emitWithAck("b")).toBeUndefined();
  client.on("d", (reply) => reply(1));
  const socket = io.sockets.get(`${client.id}`);
  const thrown = await socket?.emitWithAck("d").catch((error: unknown) => error);
  expect(thrown).toMatchObject({ code: "SCHEMA_FAILED" });
  expect(() => socket?.emit("e", 1)).toThrow(expect.objectContaining({ code: "SCHEMA_FAILED" }));
  const causes = errors.map(({ event, cause }) => [event, (cause as Error).message]);
  const message = validate === fail ? "the schema is wrong" : "the database is away";
  expect(causes).toEqual(["a", "c", "d"].map((event) => [event, message]));
  expect(warned).not.toHaveBeenCalled();
  clients.closeAll();
  await running.close();
});

test("a fault of the server of which no hook hears is a warning", async () => {
  const running = listening.start();
  using warned = spyOn(process, "emitWarning").mockImplementation(() => {});
  const contract = defineContract({
    clientToServer: { a: { ack: z.number() }, b: { input: z.number() } },
    serverToClient: {},
  });
  const io = withContract(running.io, contract);
  io.on("connection", (socket) => {
    // @ts-expect-error it is a number
    socket.on("a", (reply) => reply("x"));
  });
  const clients = new Clients();
  const client = await clients.connect(running.url);
  expect((await client.emitWithAck("b", "x")).code).toBe("INVALID_PAYLOAD");
  expect(warned).not.toHaveBeenCalled();
  expect((await client.emitWithAck("a")).code).toBe("INVALID_ACK");
  expect(warned.mock.calls.map(([text]) => String(text))).toEqual([
    expect.stringContaining("the server does not keep its contract: INVALID_ACK (a)"),
  ]);
  clients.closeAll();
  await running.close();
});
