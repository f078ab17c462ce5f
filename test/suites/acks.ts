// Acknowledgements, of one client and of many.

import { expect, test } from "bun:test";
import { once } from "../support/clients.ts";
import { HOSTS } from "../support/hosts.ts";
import { arrived, departed, type Pair, type World } from "../support/world.ts";

const SOON = 20;
/** Long enough for what is to come in time, also on a busy machine. */
const ENOUGH = 400;
const LONG = 30_000;

/** The code of an error of this package; the reference's errors have none. */
function codeOf(world: World, error: unknown): unknown {
  return world.isReference ? "ERR_ACK_TIMEOUT" : (error as { code?: unknown }).code;
}

async function rejection(promise: Promise<unknown>): Promise<Error & { responses?: unknown }> {
  const outcome = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  if (outcome instanceof Error) {
    return outcome;
  }
  throw new Error("the promise was expected to reject with an error");
}

/** Three clients that answer with their letter. */
async function abc(world: World): Promise<[Pair, Pair, Pair]> {
  const pairs = (await world.joinMany(3)) as [Pair, Pair, Pair];
  for (const [index, { client }] of pairs.entries()) {
    client.on("letter?", (...args) => args.at(-1)("abc"[index]));
  }
  return pairs;
}

export function ackSuite(world: World): void {
  test("hands the server the acknowledgement of a client, with all its arguments", async () => {
    world.start();
    const { client, socket } = await world.join();
    client.on("sum", (a, b, reply) => reply(a + b, { bytes: Buffer.from("x") }, null));
    const response = new Promise<unknown[]>((resolve) => {
      expect(socket.emit("sum", 1, 2, (...args: unknown[]) => resolve(args))).toBeTrue();
    });
    expect(await response).toEqual([3, { bytes: Buffer.from("x") }, null]);
    expect(await socket.emitWithAck("sum", 3, 4)).toBe(7);
  });

  test("hands the client the acknowledgement of the server", async () => {
    world.start();
    const { client, socket } = await world.join();
    socket.on("sum", (a, b, reply) => reply(a + b));
    expect(await client.emitWithAck("sum", 1, 2)).toBe(3);
    expect(await client.timeout(LONG).emitWithAck("sum", 3, 4)).toBe(7);
  });

  test("puts null before an acknowledgement that comes within the timeout", async () => {
    world.start();
    const { client, socket } = await world.join();
    client.on("hi", (reply) => reply("a", "b"));
    const response = new Promise<unknown[]>((resolve) => {
      socket.timeout(LONG).emit("hi", (...args: unknown[]) => resolve(args));
    });
    expect(await response).toEqual([null, "a", "b"]);
    expect(await socket.timeout(LONG).emitWithAck("hi")).toBe("a");
  });

  test("hands an error over after the timeout, and ignores an acknowledgement that comes later", async () => {
    world.start();
    const pair = await world.join();
    const { client, socket } = pair;
    const asked = once<[(answer: string) => void]>(client, "slow");
    const calls: unknown[][] = [];
    const error = await new Promise<unknown>((resolve) => {
      socket.timeout(SOON).emit("slow", (...args: unknown[]) => {
        calls.push(args);
        resolve(args[0]);
      });
    });
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).toBe("operation has timed out");
    expect(codeOf(world, error)).toBe("ERR_ACK_TIMEOUT");
    (await asked)[0]("too late");
    await departed(pair);
    expect(calls).toHaveLength(1);
    expect(calls[0]).toHaveLength(1);
    expect(socket.connected).toBeTrue();
  });

  test("rejects emitWithAck after the timeout", async () => {
    world.start();
    const { socket } = await world.join();
    const error = await rejection(socket.timeout(SOON).emitWithAck("unanswered"));
    expect(error.message).toBe("operation has timed out");
    expect(codeOf(world, error)).toBe("ERR_ACK_TIMEOUT");
  });

  test("uses a timeout for one emit only", async () => {
    world.start();
    const { client, socket } = await world.join();
    const asked = once<[(answer: string) => void]>(client, "slow");
    const timedOut = rejection(socket.timeout(SOON).emitWithAck("unanswered"));
    const answer = socket.emitWithAck("slow");
    await timedOut;
    (await asked)[0]("late, but not too late");
    expect(await answer).toBe("late, but not too late");
  });

  test("keeps the timeout also when the client leaves", async () => {
    world.start();
    const { client, socket } = await world.join();
    const gone = once(socket, "disconnect");
    const timedOut = rejection(socket.timeout(SOON).emitWithAck("unanswered"));
    client.disconnect();
    await gone;
    expect((await timedOut).message).toBe("operation has timed out");
  });

  test("gives an emit after the disconnection up with its timeout", async () => {
    world.start();
    const { socket } = await world.join();
    socket.disconnect();
    expect(socket.emit("nobody hears")).toBeTrue();
    const error = await rejection(socket.timeout(SOON).emitWithAck("nobody hears"));
    expect(error.message).toBe("operation has timed out");
  });

  test("sends an acknowledgement once, even if it is given twice", async () => {
    world.start();
    const pair = await world.join();
    pair.socket.on("twice", (reply) => {
      reply("first");
      reply("second");
    });
    const answers: unknown[] = [];
    pair.client.emit("twice", (answer: unknown) => answers.push(answer));
    await departed(pair);
    await arrived(pair);
    expect(answers).toEqual(["first"]);
  });

  test("lets an acknowledgement be given after the disconnection, to no effect", async () => {
    const io = world.start();
    io.of("/other");
    const main = await world.join();
    const other = await world.joinOver(main.client, "/other");
    const asked = once<[(answer: string) => void]>(other.socket, "question");
    other.client.emit("question", () => {
      throw new Error("an acknowledgement has reached a client that is not there");
    });
    const [reply] = await asked;
    other.socket.disconnect();
    reply("too late");
    await arrived(main);
    expect(main.client.connected).toBeTrue();
  });

  test("collects one response of each client to a broadcast", async () => {
    const io = world.start();
    const [{ socket }] = await abc(world);
    const responses = new Promise<unknown[]>((resolve) => {
      io.timeout(LONG).emit("letter?", (...args: unknown[]) => resolve(args));
    });
    const [error, letters] = (await responses) as [unknown, string[]];
    expect(error).toBeNull();
    expect(letters.toSorted()).toEqual(["a", "b", "c"]);
    const again: string[] = await io.timeout(LONG).emitWithAck("letter?", "an", Buffer.from("arg"));
    expect(again.toSorted()).toEqual(["a", "b", "c"]);
    const others: string[] = await socket.broadcast.timeout(LONG).emitWithAck("letter?");
    expect(others.toSorted()).toEqual(["b", "c"]);
  });

  test("collects the responses of a room", async () => {
    const io = world.start();
    const [a, b, c] = await abc(world);
    await a.socket.join("r");
    await c.socket.join("r");
    const letters: string[] = await io.to("r").timeout(LONG).emitWithAck("letter?");
    expect(letters.toSorted()).toEqual(["a", "c"]);
    expect(await io.to("r").except(a.socket.id).timeout(LONG).emitWithAck("letter?")).toEqual([
      "c",
    ]);
    expect(await io.in(b.socket.id).timeout(LONG).emitWithAck("letter?")).toEqual(["b"]);
  });

  test("is done at once with a broadcast to nobody", async () => {
    const io = world.start();
    expect(await io.timeout(LONG).emitWithAck("letter?")).toEqual([]);
    const outcome = new Promise<unknown[]>((resolve) => {
      io.to("nobody's")
        .timeout(LONG)
        .emit("letter?", (...args: unknown[]) => resolve(args));
    });
    expect(await outcome).toEqual([null, []]);
  });

  test("counts the first argument of each client's response to a broadcast", async () => {
    const io = world.start();
    const { client } = await world.join();
    client.on("two", (reply) => reply("first", "second"));
    client.on("none", (reply) => reply());
    expect(await io.timeout(LONG).emitWithAck("two")).toEqual(["first"]);
    expect(await io.timeout(LONG).emitWithAck("none")).toEqual([undefined]);
  });

  if (world.host !== HOSTS[0] && !world.isReference) {
    return; // these take their time, and the host has no say in them
  }

  test("calls back once, also when the time is over after the acknowledgement has come", async () => {
    world.start();
    const { client, socket } = await world.join();
    client.on("hi", (reply) => reply("answer"));
    const calls: unknown[][] = [];
    await new Promise<void>((resolve) => {
      socket.timeout(ENOUGH).emit("hi", (...args: unknown[]) => {
        calls.push(args);
        resolve();
      });
    });
    // This one starts later and takes longer.
    await rejection(socket.timeout(ENOUGH + 1).emitWithAck("unanswered"));
    expect(calls).toEqual([[null, "answer"]]);
  });

  test("hands the responses that did come over with the error after the timeout", async () => {
    const io = world.start();
    const [, b] = await abc(world);
    b.client.off("letter?");
    const outcome = new Promise<unknown[]>((resolve) => {
      io.timeout(ENOUGH).emit("letter?", (...args: unknown[]) => resolve(args));
    });
    const error = await rejection(io.timeout(ENOUGH).emitWithAck("letter?"));
    expect(error.message).toBe("operation has timed out");
    expect(codeOf(world, error)).toBe("ERR_ACK_TIMEOUT");
    expect((error.responses as string[]).toSorted()).toEqual(["a", "c"]);
    const [same, letters] = (await outcome) as [Error, string[]];
    expect(same.message).toBe("operation has timed out");
    expect(letters.toSorted()).toEqual(["a", "c"]);
  });
}
