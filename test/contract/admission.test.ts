// Who comes in under a contract: `auth`, `socket.data`, recovered sockets, and when a contract comes too late.

import { afterEach, describe, expect, spyOn, test } from "bun:test";
import {
  type ContractError,
  defineContract,
  type Refusal,
  typedClient,
  withContract,
} from "bun-socket.io/contract";
import { path } from "bun-socket.io/path";
import { z } from "zod";
import { Clients, connected, once } from "../support/clients.ts";
import { HOSTS, type Running } from "../support/hosts.ts";

const contract = defineContract({
  auth: z.object({ name: z.string().trim().min(1), level: z.coerce.number().default(1) }),
  data: z.object({ user: z.string(), moves: z.number().default(0) }),
  clientToServer: { who: { ack: z.tuple([z.string(), z.number()]) }, n: { input: z.number() } },
  serverToClient: {},
});

const clients = new Clients();
let running: Running | null = null;
afterEach(async () => {
  clients.closeAll();
  await running?.close();
});

type Refused = Error & { data?: Refusal };

async function refusal(url: string, auth: object): Promise<Refused> {
  const [error] = await once<[Refused]>(clients.make(url, { auth }), "connect_error");
  return error;
}

const [listening, , , node] = HOSTS;
if (listening === undefined || node === undefined) {
  throw new Error("the hosts are other ones by now");
}

describe.each([listening, node])("on $name", (host) => {
  test("auth is parsed, and data is made of it", async () => {
    running = host.start();
    const errors: ContractError[] = [];
    const io = withContract(running.io, contract, {
      onInvalid: (error) => errors.push(error),
      data: async ({ socket, auth }) => {
        expect(socket.handshake.auth).toBe(auth);
        return { user: `${auth.name}${await Promise.resolve(auth.level)}` };
      },
    });
    io.on("connection", (socket) => {
      socket.on("who", (reply) => reply([socket.data.user, socket.data.moves]));
    });
    const client = clients.make(running.url, { auth: { name: " ann ", level: "7" } });
    await connected(client);
    expect(await client.emitWithAck("who")).toEqual(["ann7", 0]);
    expect(errors).toEqual([]);

    for (const auth of [{}, { name: "  " }, { name: 7 }, { name: "x", level: "high" }]) {
      const error = await refusal(running.url, auth);
      expect(error.message).toBe("invalid auth");
      const path = "level" in auth ? ["level"] : ["name"];
      expect(error.data).toMatchObject({ code: "INVALID_AUTH", event: "", issues: [{ path }] });
      expect(errors.pop()?.toJSON()).toEqual(error.data as Refusal);
    }
    expect(io.sockets.size).toBe(1);
  });

  test("data is what the middlewares before have made of it, and the client learns nothing else", async () => {
    running = host.start();
    using warned = spyOn(process, "emitWarning").mockImplementation(() => {});
    running.io.use((socket, next) => {
      socket.data.user = socket.handshake.auth.secret;
      next();
    });
    const io = withContract(running.io, contract);
    const users: string[] = [];
    io.on("connection", ({ data }) => users.push(data.user));
    const client = clients.make(running.url, { auth: { name: "x" } });
    const [error] = await once<[Refused]>(client, "connect_error");
    expect(error.message).toBe("contract failed");
    expect(error.data).toEqual({ code: "INVALID_DATA", event: "", issues: [] });
    expect(String(warned.mock.calls[0]?.[0])).toContain("INVALID_DATA: user");
    expect(users).toEqual([]);
  });

  test("what makes the data may refuse by throwing", async () => {
    running = host.start();
    using warned = spyOn(process, "emitWarning").mockImplementation(() => {});
    for (const [name, data] of [
      ["/a", () => fail()],
      ["/b", () => Promise.reject(new Error("secret"))],
    ] as const) {
      withContract(running.io.of(name), contract, { data });
      const error = await refusal(running.url + name, { name: "x" });
      expect([error.message, error.data]).toEqual(["middleware failed", undefined]);
    }
    expect(warned).toHaveBeenCalledTimes(2);
  });

  test("a socket that is recovered is held to the contract too", async () => {
    running = host.start({ connectionStateRecovery: {} });
    const got: unknown[] = [];
    const io = withContract(running.io, contract, { data: () => ({ user: "ann" }) });
    io.on("connection", (socket) => {
      got.push([socket.recovered, socket.data]);
      socket.on("n", (n) => got.push(n));
    });
    const client = clients.make(running.url, {
      auth: { name: "x" },
      reconnection: true,
      reconnectionDelay: 10,
      transports: ["websocket"],
    });
    await connected(client);
    await client.emitWithAck("n", 1);
    const back = once(client, "connect");
    client.io.engine.close();
    await back;
    expect((await client.emitWithAck("n", "2")).code).toBe("INVALID_PAYLOAD");
    await client.emitWithAck("n", 3);
    const data = { user: "ann", moves: 0 };
    expect(got).toEqual([[false, data], 1, [true, data], 3]);
  });

  test("what is sent to a session that can be taken up again is the contract's", async () => {
    running = host.start({ connectionStateRecovery: {} });
    const said = defineContract({
      clientToServer: {},
      serverToClient: {
        said: { input: z.string() },
        at: { input: [z.number(), z.string()] },
        moved: { input: [z.number(), z.string().optional()] },
        end: {},
      },
    });
    const io = withContract(running.io, said);
    const raw = clients.make(running.url, { transports: ["websocket"] });
    const errors: unknown[] = [];
    const client = typedClient(raw, said, { onInvalid: (error) => errors.push(error) });
    const got: unknown[] = [];
    client.on("said", (...args) => got.push(args));
    client.on("at", (...args) => got.push(args));
    client.on("moved", (...args) => got.push(args));
    const end = once(client, "end");
    await connected(raw);
    io.emit("said", "to all");
    io.volatile.emit("said", "to whoever can hear it");
    io.emit("at", 1, "one");
    io.volatile.emit("at", 2, "two");
    io.emit("moved", 3);
    io.emit("moved", 4, "away");
    io.volatile.emit("moved", 5);
    running.io.emit("said", 2);
    running.io.emit("said", "too", "many");
    io.emit("end");
    expect(await end).toEqual([]);
    expect(got).toEqual([
      ["to all"],
      ["to whoever can hear it"],
      [1, "one"],
      [2, "two"],
      [3, undefined],
      [4, "away"],
      [5, undefined],
    ]);
    expect(errors).toMatchObject([{ code: "INVALID_PAYLOAD" }, { code: "INVALID_PAYLOAD" }]);
  });

  test("namespaces that are made on demand are held to it, and a path adds its parameters", async () => {
    running = host.start();
    const got: unknown[] = [];
    const hooks: unknown[] = [];
    const rooms = withContract(running.io.of(path("/rooms/:id")), contract, {
      onInvalid: ({ code }, socket) => hooks.push([code, socket?.params.id]),
      data: ({ socket, auth }) => ({ user: `${auth.name} of ${socket.params.id}` }),
    });
    rooms.on("connection", (socket) => {
      socket.on("n", (n) => got.push([socket.params.id, socket.data.user, n]));
    });
    withContract(running.io.of(/^\/any-/), contract, { data: () => ({ user: "" }) });
    const auth = { name: "ann" };
    const a = await clients.connect(`${running.url}/rooms/a`, { auth });
    const b = await clients.connect(`${running.url}/any-b`, { auth });
    await a.emitWithAck("n", 1);
    expect((await a.emitWithAck("n", "1")).code).toBe("INVALID_PAYLOAD");
    expect((await b.emitWithAck("n", "1")).code).toBe("INVALID_PAYLOAD");
    expect(got).toEqual([["a", "ann of a", 1]]);
    expect(hooks).toEqual([["INVALID_PAYLOAD", "a"]]);
  });
});

function fail(): never {
  throw new Error("secret");
}

const invalid = expect.objectContaining({ code: "ERR_INVALID_ARGUMENT" });

test("a namespace has one contract, and has it before clients come", async () => {
  running = listening?.start() ?? null;
  const io = running?.io;
  if (io === undefined) throw new Error("no server");
  const simple = defineContract({ clientToServer: {}, serverToClient: {} });
  expect(withContract(io.of("/a"), simple) === (io.of("/a") as unknown)).toBeTrue();
  expect(() => withContract(io.of("/a"), simple)).toThrow(invalid);
  const rooms = io.of(path("/rooms/:id"));
  await clients.connect(`${running?.url}/rooms/1`);
  await clients.connect(`${running?.url}/`);
  expect(() => withContract(rooms, simple)).toThrow(invalid);
  expect(() => withContract(io, simple)).toThrow(invalid);
});

test.each([{ unknownEvents: "drop" as "pass" }, { maxPending: -1 }, { maxPending: Number.NaN }])(
  "the options %j are refused",
  (options) => {
    running = listening?.start() ?? null;
    const simple = defineContract({ clientToServer: {}, serverToClient: {} });
    const namespace = running?.io.of("/a");
    const thrown = expect(() => namespace && withContract(namespace, simple, options));
    thrown.toThrow(expect.objectContaining({ code: "ERR_INVALID_OPTION" }));
  },
);

describe("a contract cannot be", () => {
  const events = (clientToServer: Record<string, unknown>) => ({
    clientToServer,
    serverToClient: {},
  });
  test.each([
    ["nothing", null],
    ["without its directions", {}],
    ["with one direction", { clientToServer: {} }],
    ["with an event that is no object", events({ a: 1 })],
    ["with an event that is a schema", events({ a: z.string() })],
    ["with an input that is no schema", events({ a: { input: "string" } })],
    ["with a list that holds no schema", events({ a: { input: [z.string(), null] } })],
    ["with an acknowledgement that is no schema", events({ a: { ack: {} } })],
    ["with an auth that is no schema", { ...events({}), auth: { name: z.string() } }],
    ["with data that is no schema", { ...events({}), data: {} }],
  ])("%s", (_name, value) => {
    expect(() => defineContract(value as never)).toThrow(invalid);
  });

  test.each(["connect", "disconnect", "disconnecting", "connect_error", "newListener", "error"])(
    "with an event %s",
    (name) => {
      const reserved = expect.objectContaining({ code: "ERR_RESERVED_EVENT" });
      expect(() => defineContract(events({ [name]: {} }) as never)).toThrow(reserved);
      const other = { clientToServer: {}, serverToClient: { [name]: {} } };
      expect(() => defineContract(other)).toThrow(reserved);
    },
  );
});
