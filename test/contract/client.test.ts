// Clients under a contract: the stock client, typed and parsed.

import { describe, expect, spyOn, test } from "bun:test";
import {
  type ContractError,
  defineContract,
  isRefusal,
  type StandardSchema,
  typedClient,
  withContract,
} from "bun-socket.io/contract";
import { connected, once } from "../support/clients.ts";
import { HOSTS } from "../support/hosts.ts";
import { everywhere, type World } from "../support/world.ts";
import { BOARDS, type Board, board } from "./boards.ts";

const AT = "2026-01-02T03:04:05.000Z";

/** A client under the contract, and the server's socket for it, which is not. */
async function join(world: World, contract: Board = board, options = {}) {
  const io = world.io;
  const errors: ContractError[] = [];
  const raw = world.make("/", options);
  const client = typedClient(raw, contract, { onInvalid: (error) => errors.push(error) });
  const socketOf = () => {
    const socket = io.sockets.sockets.get(`${raw.id}`);
    if (socket === undefined) throw new Error("no socket");
    return socket;
  };
  await connected(raw);
  return { raw, client, socket: socketOf(), errors };
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => ["no error", value],
    (error: unknown) => error,
  );
}

function clientSuite(world: World): void {
  describe.each(BOARDS)("with $name", ({ contract }) => {
    test("listeners and acknowledgements get what the schemas make of them", async () => {
      world.start();
      const { client, socket } = await join(world, contract);
      const got: unknown[] = [];
      client.on("due", (date) => got.push(date));
      client.on("moved", (...args) => got.push(args));
      client.on("picture", (name, bytes) => got.push([name, bytes]));
      client.on("sure", (text, reply) => reply(text === "?"));
      socket.emit("due", AT);
      socket.emit("moved", "a", 1, 2);
      socket.emit("picture", "a.png", Buffer.from([1, 2]));
      expect(await socket.emitWithAck("sure", "?")).toBeTrue();
      expect(got[0]).toEqual(new Date(AT));
      expect(got[1]).toEqual(["a", 1, 2]);
      const [name, bytes] = got[2] as [string, Uint8Array];
      expect([name, ...bytes]).toEqual(["a.png", 1, 2]);
      expect(bytes).toBeInstanceOf(Uint8Array);
    });

    test("what is invalid reaches no listener, and the hook and the sender hear of it", async () => {
      world.start();
      const { client, socket, errors } = await join(world, contract);
      const got: unknown[] = [];
      client.on("added", (note) => got.push(note));
      client.on("sure", () => got.push("sure"));
      socket.emit("added", { id: "x", text: "milk" });
      const refusal = await socket.emitWithAck("sure", 1);
      expect(refusal).toMatchObject({ code: "INVALID_PAYLOAD", event: "sure" });
      expect(errors.map(({ code, event, issues }) => [code, event, issues[0]?.path])).toEqual([
        ["INVALID_PAYLOAD", "added", ["id"]],
        ["INVALID_PAYLOAD", "sure", []],
      ]);
      expect(got).toEqual([]);
    });
  });

  test("emitWithAck() rejects with what the server refuses, callbacks get it after timeout()", async () => {
    const io = world.start();
    withContract(io, board).on("connection", (socket) => {
      socket.on("add", ({ text }, reply) => reply({ id: text.length }));
    });
    const { client, errors } = await join(world);
    expect(await client.emitWithAck("add", { text: " milk " })).toEqual({ id: 4 });
    expect(await client.timeout(5_000).emitWithAck("add", { text: "milk" })).toEqual({ id: 4 });
    const refused = await errorOf(client.emitWithAck("add", { text: "" }));
    expect(refused).toMatchObject({ name: "ContractError", code: "INVALID_PAYLOAD", event: "add" });
    expect(await errorOf(client.timeout(5_000).emitWithAck("add", { text: "" }))).toEqual(refused);
    const called = await new Promise<unknown[]>((resolve) => {
      client.timeout(5_000).emit("add", { text: "" }, (...args) => resolve(args));
    });
    expect(called).toEqual([refused]);
    const good = await new Promise<unknown[]>((resolve) => {
      client.timeout(5_000).emit("add", { text: "a" }, (...args) => resolve(args));
    });
    expect(good).toEqual([null, { id: 1 }]);
    const plain = await new Promise<unknown[]>((resolve) => {
      client.emit("add", { text: "a" }, (...args) => resolve(args));
    });
    expect(plain).toEqual([{ id: 1 }]);
    expect(errors).toEqual([]);
  });

  test("a callback without a place for an error is not called with one: the hook is", async () => {
    const io = world.start();
    withContract(io, board).on("connection", (socket) => {
      socket.on("add", ({ text }, reply) => reply({ id: text.length }));
    });
    const { client, errors } = await join(world);
    let calls = 0;
    client.emit("add", { text: "" }, () => calls++);
    await client.emitWithAck("add", { text: "milk" });
    expect(calls).toBe(0);
    expect(errors.map(({ code }) => code)).toEqual(["INVALID_PAYLOAD"]);
  });

  test("acknowledgements that are not the contract's are errors", async () => {
    world.start();
    const { client, socket } = await join(world);
    socket.on("add", (_note, reply) => reply({ id: "x" }));
    const refused = await errorOf(client.emitWithAck("add", { text: "milk" }));
    expect(refused).toMatchObject({ code: "INVALID_ACK", issues: [{ path: ["id"] }] });
    const late = await errorOf(client.timeout(1).emitWithAck("upload", "a", new Uint8Array(1)));
    expect(String(late)).toBe("Error: operation has timed out");
  });

  test("with the option ackTimeout, callbacks get an error first, as ever", async () => {
    world.start();
    const { client, socket } = await join(world, board, { ackTimeout: 5_000 });
    socket.on("add", ({ text }, reply) => reply({ id: text }));
    const called = await new Promise<unknown[]>((resolve) => {
      client.emit("add", { text: "milk" }, (...args: unknown[]) => resolve(args));
    });
    expect(called).toEqual([expect.objectContaining({ code: "INVALID_ACK" })]);
  });

  test("each socket of a manager has an ackTimeout of its own", async () => {
    const io = world.start();
    io.of("/boards").on("connection", (socket) => {
      socket.on("add", (_note, reply) => reply({ id: 1, text: "milk" }));
    });
    const { raw } = await join(world);
    const other = raw.io.socket("/boards", { ackTimeout: 5_000 });
    const client = typedClient(other, board);
    await connected(other);
    const [error, note] = await new Promise<unknown[]>((resolve) => {
      client.emit("add", { text: "milk" }, (...args: unknown[]) => resolve(args));
    });
    expect(error).toBeNull();
    expect(note).toMatchObject({ id: 1 });
  });

  test("a callback without a place for an error hears nothing of a lost connection", async () => {
    world.start();
    const { client, raw, socket, errors } = await join(world, board, { reconnection: false });
    let calls = 0;
    client.emit("add", { text: "milk" }, () => calls++);
    const lost = errorOf(client.emitWithAck("add", { text: "milk" }));
    const gone = once(raw, "disconnect");
    socket.disconnect(true);
    await gone;
    expect(String(await lost)).toBe("Error: socket has been disconnected");
    expect([calls, errors]).toEqual([0, []]);
  });

  test("a refused event is told to the listeners of error, or else to the hook", async () => {
    const io = world.start();
    withContract(io, board);
    const { raw, client, errors } = await join(world);
    const refused = once(raw, "error");
    client.emit("move", 7 as never, 1);
    await refused;
    expect(errors.map(({ code, event }) => [code, event])).toEqual([["INVALID_PAYLOAD", "move"]]);
    const listened = new Promise<unknown>((resolve) => {
      client.on("error", resolve);
    });
    client.emit("move", 7 as never, 1);
    expect(await listened).toMatchObject({ code: "INVALID_PAYLOAD", event: "move" });
    expect(errors).toHaveLength(1);
  });

  test("undefined at the end is not sent", async () => {
    const io = world.start();
    const got: unknown[] = [];
    withContract(io, board).on("connection", (socket) => {
      socket.on("move", (...args) => got.push(args));
    });
    const { raw, client } = await join(world);
    client.emit("move", "a", 1, undefined);
    await raw.emitWithAck("leave");
    expect(got).toEqual([["a", 1, undefined]]);
  });

  test("each event is parsed once, for all its listeners, in their order", async () => {
    world.start();
    let parsed = 0;
    const counting: StandardSchema<string> = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: (value) => {
          parsed++;
          const result = { value: String(value) };
          return value === "slow"
            ? new Promise((resolve) => setImmediate(resolve, result))
            : result;
        },
      },
    };
    const contract = defineContract({
      clientToServer: {},
      serverToClient: { text: { input: counting }, end: {} },
    });
    const raw = world.make();
    const client = typedClient(raw, contract);
    const got: string[] = [];
    client.on("text", (text) => got.push(`a ${text}`));
    client.once("text", (text) => got.push(`b ${text}`));
    await connected(raw);
    const socket = world.socketOf(raw);
    const end = new Promise<void>((resolve) => client.once("end", resolve));
    socket.emit("text", "slow");
    socket.emit("text", "fast");
    socket.emit("end");
    await end;
    expect(got).toEqual(["a slow", "b slow", "a fast"]);
    expect(parsed).toBe(2);
  });

  test("it is the socket in all else", async () => {
    world.start();
    const { raw, client, socket } = await join(world);
    expect([client.id, client.connected, client.io === raw.io]).toEqual([raw.id, true, true]);
    expect(client.volatile.compress(false) as unknown).toBe(client);
    const got: unknown[] = [];
    const listener = (note: unknown) => got.push(note);
    expect(client.on("added", listener) as unknown).toBe(client);
    client.on("added", () => got.push("other"));
    expect(client.listeners("added")).toHaveLength(2);
    client.off("added", listener);
    expect([client.hasListeners("added"), client.hasListeners("moved")]).toEqual([true, false]);
    socket.emit("added", { id: 1, text: "milk" });
    socket.emit("unheard");
    const heard = new Promise((resolve) => client.on("free" as never, resolve as never));
    socket.emit("free", 7);
    expect(await heard).toBe(7);
    expect(got).toEqual(["other"]);
    client.off("added");
    client.off();
    expect(raw.hasListeners("added")).toBeFalse();
    const gone = new Promise((resolve) => client.once("disconnect", resolve));
    client.disconnect();
    expect(await gone).toBe("io client disconnect");
    expect(client.connected).toBeFalse();
    const back = new Promise<void>((resolve) => client.once("connect", resolve));
    expect(client.connect() as unknown).toBe(client);
    await back;
    client.auth = { a: 1 };
    expect(raw.auth).toEqual({ a: 1 });
  });

  test("types alone change nothing: acknowledgements may be refusals", async () => {
    const io = world.start();
    withContract(io, board).on("connection", (socket) => {
      socket.on("add", ({ text }, reply) => reply({ id: text.length }));
    });
    const raw = world.make();
    const client = typedClient<Board>(raw);
    expect(client as unknown).toBe(raw);
    const answers = [
      await client.emitWithAck("add", { text: "milk" }),
      await client.emitWithAck("add", { text: "" }),
    ];
    expect(answers.map((answer) => (isRefusal(answer) ? answer.code : answer.id))).toEqual([
      4,
      "INVALID_PAYLOAD",
    ]);
  });
}

const [listening] = HOSTS;
if (listening === undefined) {
  throw new Error("no host");
}
everywhere(clientSuite, [listening]);

test("without a hook, the console is told", async () => {
  using warned = spyOn(console, "warn").mockImplementation(() => {});
  const running = listening.start();
  withContract(running.io, board);
  const { Clients } = await import("../support/clients.ts");
  const clients = new Clients();
  const raw = await clients.connect(running.url);
  const client = typedClient(raw, board);
  const refused = once(raw, "error");
  client.emit("move", 7 as never, 1);
  await refused;
  expect(warned.mock.calls.map(([error]) => (error as ContractError).code)).toEqual([
    "INVALID_PAYLOAD",
  ]);
  clients.closeAll();
  await running.close();
});
