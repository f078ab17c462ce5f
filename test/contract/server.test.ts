// Contracts on the server, with stock clients that know nothing of them.

import { describe, expect, test } from "bun:test";
import {
  type ContractError,
  type ContractOptions,
  type ContractSocket,
  type Refusal,
  withContract,
} from "bun-socket.io/contract";
import { z } from "zod";
import { once } from "../support/clients.ts";
import { HOSTS } from "../support/hosts.ts";
import { everywhere, type World } from "../support/world.ts";
import { BOARDS, type Board, board } from "./boards.ts";

interface Told {
  code: string;
  event: string;
  issues: unknown;
}

/** What a promise is rejected with. */
async function errorOf(promise: Promise<unknown> | undefined): Promise<unknown> {
  try {
    return ["no error", await promise];
  } catch (error) {
    return error;
  }
}

/** A namespace under the contract that notes what its listeners get, and what the hook does. */
function start(
  world: World,
  contract: Board = board,
  options: ContractOptions<Board, ContractSocket<Board>> = {},
) {
  const io = world.start();
  const got: unknown[] = [];
  const told: Told[] = [];
  const onInvalid = ({ code, event, issues }: ContractError): void => {
    told.push({ code, event, issues });
  };
  const boards = withContract(io.of("/board"), contract, { onInvalid, ...options });
  boards.on("connection", (socket) => {
    socket.on("add", (note, reply) => {
      got.push(["add", note]);
      reply({ id: note.text.length });
    });
    socket.on("move", (...args) => got.push(["move", ...args]));
    socket.on("remind", (date, reply) => {
      got.push(["remind", date]);
      reply(date instanceof Date ? date.toISOString() : "no date");
    });
    socket.on("upload", (name, bytes, reply) => {
      got.push(["upload", name, Uint8Array.from(bytes)]);
      reply(bytes.byteLength);
    });
    socket.on("leave", (...args) => got.push(["leave", ...args]));
  });
  return { io, boards, got, told };
}

function contractSuite(world: World): void {
  describe.each(BOARDS)("with $name", ({ contract }) => {
    test("listeners get what the schemas make of arguments", async () => {
      const { got, told } = start(world, contract);
      const { client } = await world.join("/board");
      expect(await client.emitWithAck("add", { text: "  milk " })).toEqual({ id: 4 });
      const at = "2026-01-02T03:04:05.000Z";
      expect(await client.emitWithAck("remind", at)).toBe(at);
      expect(await client.emitWithAck("upload", "a.bin", Buffer.from([1, 2, 255]))).toBe(3);
      expect(got).toEqual([
        ["add", { text: "milk" }],
        ["remind", new Date(at)],
        ["upload", "a.bin", Uint8Array.of(1, 2, 255)],
      ]);
      expect(told).toEqual([]);
    });

    test("what is invalid reaches no listener: its acknowledgement says what is wrong", async () => {
      const { got, told } = start(world, contract);
      const { client } = await world.join("/board");
      const refusals: Refusal[] = [
        await client.emitWithAck("add", { text: 1 }),
        await client.emitWithAck("remind", "tomorrow"),
        await client.emitWithAck("upload", "a.bin", "text"),
      ];
      expect(refusals.map(({ code, event, issues }) => [code, event, issues[0]?.path])).toEqual([
        ["INVALID_PAYLOAD", "add", ["text"]],
        ["INVALID_PAYLOAD", "remind", []],
        ["INVALID_PAYLOAD", "upload", [1]],
      ]);
      expect(refusals.every(({ issues }) => issues[0]?.message.length !== 0)).toBeTrue();
      expect(got).toEqual([]);
      expect(told).toEqual(refusals);
    });
  });

  test("without an acknowledgement, the sender of what is invalid gets the event error", async () => {
    const { got, told } = start(world);
    const { client, socket } = await world.join("/board");
    const errors: unknown[] = [];
    socket.on("error", (error) => errors.push(error));
    const refused = once(client, "error");
    client.emit("move", "note", "x");
    const refusal = {
      code: "INVALID_PAYLOAD",
      event: "move",
      issues: [{ message: expect.any(String), path: [1] }],
    };
    expect(await refused).toEqual([refusal]);
    expect(told).toEqual([refusal]);
    expect(errors).toEqual([expect.objectContaining({ name: "ContractError", event: "move" })]);
    expect(got).toEqual([]);
  });

  test("arguments may be several, and optional at the end, but not more than there are", async () => {
    const { got } = start(world);
    const { client } = await world.join("/board");
    client.emit("move", "a", 1);
    client.emit("move", "a", 1, 2);
    expect(await client.emitWithAck("leave")).toBeUndefined();
    expect(got).toEqual([["move", "a", 1, undefined], ["move", "a", 1, 2], ["leave"]]);
    const refusals = [
      await client.emitWithAck("move", "a", 1, 2, 3),
      await client.emitWithAck("move", "a"),
      await client.emitWithAck("move"),
      await client.emitWithAck("leave", null),
      await client.emitWithAck("add", { text: "a" }, { text: "b" }),
    ];
    expect(refusals.map(({ code, issues }) => [code, issues[0].path])).toEqual([
      ["INVALID_PAYLOAD", []],
      ["INVALID_PAYLOAD", [1]],
      ["INVALID_PAYLOAD", [0]],
      ["INVALID_PAYLOAD", []],
      ["INVALID_PAYLOAD", []],
    ]);
    expect(got).toHaveLength(3);
  });

  test("events that the contract does not have are refused, whatever their name", async () => {
    const { io, told } = start(world);
    const heard: unknown[] = [];
    io.of("/board").on("connection", (socket) => {
      for (const name of ["nothing", "__proto__", "constructor", "toString", "error"]) {
        socket.on(name, (error) => heard.push([name, error.code]));
      }
    });
    const { client } = await world.join("/board");
    for (const name of ["nothing", "__proto__", "constructor", "toString", "hasOwnProperty"]) {
      const refusal = { code: "UNKNOWN_EVENT", event: name, issues: [] };
      expect(await client.emitWithAck(name, 1)).toEqual(refusal);
    }
    const refused = once(client, "error");
    client.emit("error", "mine");
    expect(await refused).toEqual([{ code: "UNKNOWN_EVENT", event: "error", issues: [] }]);
    expect(told).toHaveLength(6);
    // The server's own: the middleware's error, as of any socket middleware.
    expect(heard).toEqual(Array(6).fill(["error", "UNKNOWN_EVENT"]));
  });

  test("events that the contract does not have pass, where that is asked for", async () => {
    const { io, told } = start(world, board, { unknownEvents: "pass", checkOutgoing: true });
    io.of("/board").on("connection", (socket) => {
      socket.on("old", (a, b, reply) => reply(a + b));
    });
    const { client } = await world.join("/board");
    expect(await client.emitWithAck("old", 1, 2)).toBe(3);
    expect((await client.emitWithAck("add", {})).code).toBe("INVALID_PAYLOAD");
    expect(told).toHaveLength(1);
    const news = once(client, "news");
    io.of("/board").emit("news", 1);
    expect(await news).toEqual([1]);
    expect(() => io.of("/board").emit("added", "x")).toThrow("INVALID_PAYLOAD");
  });

  test("a listener can acknowledge what nobody asked to be acknowledged", async () => {
    const { got } = start(world);
    const { client } = await world.join("/board");
    client.emit("add", { text: "milk" });
    await client.emitWithAck("leave");
    expect(got).toEqual([["add", { text: "milk" }], ["leave"]]);
  });

  test("a client that retries is told that an event without an acknowledgement arrived", async () => {
    const { got } = start(world);
    const { client } = await world.join("/board", { retries: 1, ackTimeout: 10_000 });
    client.emit("move", "a", 1);
    expect(await client.emitWithAck("move", "b", 2)).toBeUndefined();
    expect(got).toEqual([
      ["move", "a", 1, undefined],
      ["move", "b", 2, undefined],
    ]);
  });

  test("an answer that is not the contract's is told to the hook, and hidden from the client", async () => {
    const { io, told } = start(world);
    const errors: unknown[] = [];
    io.of("/board").on("connection", (socket) => {
      socket.removeAllListeners("add");
      socket.on("add", (_note, reply) => reply({ id: "secret" }));
      socket.on("error", ({ message }) => errors.push(message.slice(0, 17)));
    });
    const { client } = await world.join("/board");
    const answer = await client.emitWithAck("add", { text: "milk" });
    expect(answer).toEqual({ code: "INVALID_ACK", event: "add", issues: [] });
    const issues = [{ message: expect.any(String), path: ["id"] }];
    expect(told).toEqual([{ code: "INVALID_ACK", event: "add", issues }]);
    expect(errors).toEqual(["INVALID_ACK (add)"]);
  });

  test("acknowledgements of clients are parsed; those that are not the contract's are none", async () => {
    const { boards, told } = start(world);
    const [a, b] = [await world.join("/board"), await world.join("/board")];
    const socketOf = (id: string | undefined) => {
      const socket = boards.sockets.get(`${id}`);
      if (socket === undefined) throw new Error("no such socket");
      return socket;
    };
    const [good, bad] = [socketOf(a.client.id), socketOf(b.client.id)];
    a.client.on("sure", (_text, reply) => reply(true));
    b.client.on("sure", (_text, reply) => reply("yes"));
    expect(await good.emitWithAck("sure", "?")).toBeTrue();
    expect(await good.timeout(5_000).emitWithAck("sure", "?")).toBeTrue();
    const invalid = expect.objectContaining({ code: "INVALID_ACK", event: "sure" });
    expect(await errorOf(bad.emitWithAck("sure", "?"))).toEqual(invalid);
    expect(await errorOf(bad.timeout(5_000).emitWithAck("sure", "?"))).toEqual(invalid);
    const called = await new Promise((resolve) => {
      bad.timeout(5_000).emit("sure", "?", (...args) => resolve(args));
    });
    expect(called).toEqual([invalid, undefined]);
    const plain = await new Promise((resolve) => good.emit("sure", "?", resolve));
    expect(plain).toBeTrue();
    const partly = await errorOf(boards.timeout(5_000).emitWithAck("sure", "?"));
    expect(partly).toMatchObject({ code: "INVALID_ACK", responses: [true] });
    const [remote] = await boards.in(good.id).fetchSockets();
    expect(await remote?.timeout(5_000).emitWithAck("sure", "?")).toBeTrue();
    expect(told.map(({ code }) => code)).toEqual(Array(4).fill("INVALID_ACK"));
  });

  test("a refusal of a client is the error of its acknowledgement", async () => {
    const { boards } = start(world);
    const { client } = await world.join("/board");
    const issues = [{ message: "no", path: ["a", 1] }, null, { path: { length: 1e9 } }];
    client.on("sure", (_text, reply) => reply({ code: "UNKNOWN_EVENT", event: "sure", issues }));
    const refused = await errorOf(boards.sockets.get(`${client.id}`)?.emitWithAck("sure", "?"));
    expect(refused).toMatchObject({ code: "UNKNOWN_EVENT", issues: [issues[0]] });
  });

  test("what goes out is checked where that is asked for", async () => {
    const { boards, told } = start(world, board, { checkOutgoing: true });
    const pair = await world.join("/board");
    const { client } = pair;
    const socket = boards.sockets.get(`${client.id}`);
    const got: unknown[] = [];
    client.onAny((...event) => got.push(event));
    const bad = { id: "x", text: 1 } as unknown as { id: number; text: string };
    const invalid = expect.objectContaining({ code: "INVALID_PAYLOAD", event: "added" });
    expect(() => socket?.emit("added", bad)).toThrow(invalid);
    expect(() => boards.emit("added", bad)).toThrow(invalid);
    expect(() => boards.to("room").except("x").emit("added", bad)).toThrow(invalid);
    expect(() => socket?.broadcast.emit("added", bad)).toThrow(invalid);
    const unknown = expect.objectContaining({ code: "UNKNOWN_EVENT" });
    expect(() => boards.emit("nothing" as "added", bad)).toThrow(unknown);
    boards.emit("added", { id: 1, text: "milk" });
    socket?.emit("due", "2026-01-02T03:04:05.000Z");
    const refused = once(client, "error");
    client.emit("nothing");
    await refused;
    expect(got.map((event) => (event as unknown[]).slice(0, 2))).toEqual([
      ["added", { id: 1, text: "milk" }],
      ["due", "2026-01-02T03:04:05.000Z"],
      ["error", { code: "UNKNOWN_EVENT", event: "nothing", issues: [] }],
    ]);
    expect(told.map(({ code }) => code)).toEqual(["UNKNOWN_EVENT"]);
  });

  test("without that, what goes out is as it was given", async () => {
    const { boards } = start(world);
    const { client } = await world.join("/board");
    const added = once(client, "added");
    boards.emit("added", { id: "x" } as unknown as { id: number; text: string });
    expect(await added).toEqual([{ id: "x" }]);
  });

  test("a long list of mistakes makes a short list of issues", async () => {
    const { told } = start(world, {
      ...board,
      clientToServer: {
        ...board.clientToServer,
        // @ts-expect-error another schema than that of the type
        move: { input: manyNumbers },
      },
    });
    const { client } = await world.join("/board");
    const refusal: Refusal = await client.emitWithAck("move", Array(5_000).fill("x"));
    expect(refusal.issues).toHaveLength(20);
    expect(told).toEqual([refusal]);
  });
}

const manyNumbers = z.array(z.number());

const [listening, , , node] = HOSTS;
if (listening === undefined || node === undefined) {
  throw new Error("the hosts are other ones by now");
}
everywhere(contractSuite, [listening, node]);
