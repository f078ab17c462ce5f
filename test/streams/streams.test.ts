// Streams over events: pipe() and receive(), at either end, with the stock client.

import { afterEach, describe, expect, test } from "bun:test";
import { pipe, receive, type StreamPart } from "bun-socket.io/streams";
import { once } from "../support/clients.ts";
import { HOSTS, TRANSPORTS } from "../support/hosts.ts";
import { arrived, type Pair, World } from "../support/world.ts";

type Chunk = Uint8Array | string | number | object;

/** A stream that counts how often it is read from. */
class Source {
  pulled = 0;
  cancelled: unknown = null;
  readonly stream: ReadableStream<Chunk>;

  constructor(chunks: Iterable<Chunk>, failure?: Error) {
    const iterator = chunks[Symbol.iterator]();
    this.stream = new ReadableStream<Chunk>(
      {
        pull: (controller) => {
          const { done, value } = iterator.next();
          this.pulled++;
          if (!done) controller.enqueue(value);
          else if (failure) controller.error(failure);
          else controller.close();
        },
        cancel: (reason) => {
          this.cancelled = reason;
        },
      },
      { highWaterMark: 0 },
    );
  }
}

function* numbers(count = Number.POSITIVE_INFINITY): Generator<number> {
  for (let n = 0; n < count; n++) yield n;
}

/** The next stream of an event. */
function incoming(socket: Pair["client"] | Pair["socket"], event = "file") {
  return new Promise<{ stream: ReadableStream<Chunk>; info: unknown }>((resolve) => {
    receive<Chunk>(socket, event, (stream, info) => resolve({ stream, info }));
  });
}

async function readAll(stream: ReadableStream<Chunk>): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

/** The code of the error that a promise rejects with. */
function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "no error",
    (error) => error?.code ?? error,
  );
}

const [host] = HOSTS;
if (host === undefined) throw new Error("there is no host");

describe.each(TRANSPORTS)("over $name", ({ transports }) => {
  const world = new World(host, transports);
  afterEach(() => world.end());

  test.each(["to a client", "to the server"])(
    "all of a stream arrives in order %s",
    async (way) => {
      world.start();
      const { client, socket } = await world.join();
      const [from, to] = way === "to a client" ? [socket, client] : [client, socket];
      const bytes = crypto.getRandomValues(new Uint8Array(60_000));
      const chunks = [bytes, "text", 5, { a: [1] }, bytes.subarray(10, 20), "äöü"];
      const received = incoming(to);
      const sent = pipe(new Source(chunks).stream, from, "file", { info: { name: "a" } });
      const { stream, info } = await received;
      const all = await readAll(stream);
      expect(info).toEqual({ name: "a" });
      expect(await sent).toBe(chunks.length);
      expect(all.map((chunk) => (chunk instanceof Uint8Array ? [...chunk] : chunk))).toEqual(
        chunks.map((chunk) => (chunk instanceof Uint8Array ? [...chunk] : chunk)),
      );
    },
  );
});

describe("over WebSocket", () => {
  const world = new World(host, ["websocket"]);
  afterEach(() => world.end());

  async function join(): Promise<Pair> {
    world.start();
    return world.join();
  }

  test("cancels its stream where the info cannot be sent", async () => {
    const { client } = await join();
    const source = new Source(numbers());
    const sending = pipe(source.stream, client, "file", { info: 1n });
    const error = await sending.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TypeError);
    expect(source.cancelled).toBe(error);
  });

  test("large chunks of bytes come in parts", async () => {
    const { client, socket } = await join();
    const bytes = crypto.getRandomValues(new Uint8Array(250));
    const received = incoming(client);
    const sent = pipe(new Source([bytes]).stream, socket, "file", { chunkBytes: 100 });
    const all = (await readAll((await received).stream)) as Uint8Array[];
    expect(all.map(({ length }) => length)).toEqual([100, 100, 50]);
    expect(Buffer.concat(all).equals(bytes)).toBe(true);
    expect(await sent).toBe(3);
  });

  test("a stream without anything in it arrives as such", async () => {
    const { client, socket } = await join();
    const received = incoming(client);
    const sent = pipe(new Source([]).stream, socket, "file", { info: "empty" });
    const { stream, info } = await received;
    expect([await readAll(stream), info, await sent]).toEqual([[], "empty", 0]);
  });

  test("a response of fetch() may be piped", async () => {
    const { client, socket } = await join();
    const received = incoming(client);
    const { body } = new Response("x".repeat(100_000));
    if (body === null) throw new Error("there is no body");
    const sent = pipe(body, socket, "file");
    const all = (await readAll((await received).stream)) as Uint8Array[];
    expect(Buffer.concat(all).toString()).toBe("x".repeat(100_000));
    await sent;
  });

  test("no more than the window is on its way to a reader that is slow", async () => {
    const { client, socket } = await join();
    const source = new Source(numbers());
    const received = incoming(client);
    const stopping = new AbortController();
    const sent = codeOf(
      pipe(source.stream, socket, "file", { window: 3, signal: stopping.signal }),
    );
    const reader = (await received).stream.getReader();
    await arrived({ client, socket });
    expect(source.pulled).toBe(3);
    expect((await reader.read()).value).toBe(0);
    expect((await reader.read()).value).toBe(1);
    while (source.pulled < 5) await arrived({ client, socket });
    await arrived({ client, socket });
    expect(source.pulled).toBe(5);
    stopping.abort("enough");
    expect(await sent).toBe("enough");
    expect(source.cancelled).toBe("enough");
    expect((await reader.read()).value).toBe(2);
  });

  test("several streams of one event are kept apart", async () => {
    const { client, socket } = await join();
    const got: Promise<unknown>[] = [];
    receive<number>(client, "file", (stream, info) => {
      got.push(readAll(stream).then((all) => [info, all]));
    });
    const streams = ["a", "b", "c"].map((info) =>
      pipe(new Source(numbers(20)).stream, socket, "file", { info, window: 2 }),
    );
    expect(await Promise.all(streams)).toEqual([20, 20, 20]);
    const all = [...numbers(20)];
    expect(await Promise.all(got)).toEqual([
      ["a", all],
      ["b", all],
      ["c", all],
    ]);
  });

  test("a client that has nothing but the event reads it by acknowledging", async () => {
    const { client, socket } = await join();
    const parts: StreamPart[] = [];
    client.on("file", (part, ack) => {
      parts.push(part);
      ack();
    });
    expect(await pipe(new Source(["a", "b"]).stream, socket, "file", { info: 1 })).toBe(2);
    const [first] = parts;
    expect(parts).toEqual([
      { id: first?.id ?? "", seq: 0, info: 1, chunk: "a" },
      { id: first?.id ?? "", seq: 1, chunk: "b" },
      { id: first?.id ?? "", seq: 2, done: true },
    ]);
  });

  test.each(["cut", "the server's", "the client's"])(
    "both ends fail when the socket goes: %s",
    async (how) => {
      const { client, socket } = await join();
      const source = new Source(numbers());
      const received = incoming(client);
      const sent = codeOf(pipe(source.stream, socket, "file"));
      const read = codeOf(readAll((await received).stream));
      if (how === "cut") client.io.engine.close();
      else if (how === "the server's") socket.disconnect();
      else client.disconnect();
      expect([await sent, await read]).toEqual(["ERR_DISCONNECTED", "ERR_DISCONNECTED"]);
      expect(source.cancelled).not.toBeNull();
    },
  );

  test("a client's stream fails when its socket goes", async () => {
    const { client, socket } = await join();
    const source = new Source(numbers());
    const received = incoming(socket);
    const sent = codeOf(pipe(source.stream, client, "file"));
    const read = codeOf(readAll((await received).stream));
    client.io.engine.close();
    expect([await sent, await read]).toEqual(["ERR_DISCONNECTED", "ERR_DISCONNECTED"]);
  });

  test("nothing is read for a socket that is gone", async () => {
    const { client, socket } = await join();
    const gone = once(socket, "disconnect");
    client.disconnect();
    await gone;
    for (const end of [client, socket]) {
      const source = new Source(numbers());
      expect(await codeOf(pipe(source.stream, end, "file"))).toBe("ERR_DISCONNECTED");
      expect(source.pulled).toBe(0);
    }
  });

  test("a reader that cancels ends the source", async () => {
    const { client, socket } = await join();
    const source = new Source(numbers());
    const received = incoming(client);
    const sent = codeOf(pipe(source.stream, socket, "file"));
    const reader = (await received).stream.getReader();
    await reader.read();
    await arrived({ client, socket }); // with the parts that wait
    await reader.cancel("seen enough");
    expect(await sent).toBe("ERR_CANCELLED");
    expect(String(source.cancelled)).toContain("seen enough");
  });

  test("a source that fails ends the reader, and says nothing of why", async () => {
    const { client, socket } = await join();
    const source = new Source(numbers(3), new Error("a secret of the server"));
    const received = incoming(client);
    const sent = pipe(source.stream, socket, "file").catch((error) => error.message);
    const read = readAll((await received).stream).catch((error) => [error.code, error.message]);
    expect(await sent).toBe("a secret of the server");
    expect(await read).toEqual(["ERR_CANCELLED", "the sender gave up"]);
  });

  test("a reader that does not answer in time is given up", async () => {
    const { client, socket } = await join();
    client.on("file", () => {});
    const source = new Source(numbers());
    const sent = codeOf(pipe(source.stream, socket, "file", { timeoutMs: 30 }));
    expect(await sent).toBe("ERR_ACK_TIMEOUT");
    expect(source.cancelled).not.toBeNull();
  });

  test("the option ackTimeout of the server does not confuse it", async () => {
    world.start({ ackTimeout: 5_000 });
    const { client, socket } = await world.join();
    const received = incoming(client);
    const sent = pipe(new Source(numbers(20)).stream, socket, "file");
    expect(await readAll((await received).stream)).toEqual([...numbers(20)]);
    expect(await sent).toBe(20);
  });

  test("whoever is not wanted is told so, and those there are cancelled", async () => {
    const { client, socket } = await join();
    const streams: ReadableStream[] = [];
    const stop = receive(client, "file", (stream) => streams.push(stream), { maxStreams: 1 });
    const first = codeOf(pipe(new Source(numbers()).stream, socket, "file"));
    await arrived({ client, socket });
    const second = codeOf(pipe(new Source(numbers()).stream, socket, "file"));
    expect(await second).toBe("ERR_CANCELLED");
    expect(streams).toHaveLength(1);
    stop();
    expect(await first).toBe("ERR_CANCELLED");
    expect(client.listeners("file")).toEqual([]);
  });
});

describe("a server that receives", () => {
  const world = new World(host, ["websocket"]);
  afterEach(() => world.end());

  async function listening(limit = 2) {
    world.start();
    const { client, socket } = await world.join();
    const reads: Promise<unknown>[] = [];
    const streams: ReadableStream[] = [];
    receive(socket, "file", (stream) => streams.push(stream), { limit, maxStreams: 2 });
    return { client, socket, streams, reads };
  }

  test.each([
    ["no object", "part"],
    ["nothing", null],
    ["no id", { seq: 0, chunk: 1 }],
    ["an id that is no text", { id: 5, seq: 0, chunk: 1 }],
    ["an id that is too long", { id: "x".repeat(65), seq: 0, chunk: 1 }],
    ["a stream that has not begun", { id: "a", seq: 1, chunk: 1 }],
    ["an id of Object.prototype", { id: "constructor", seq: 1, chunk: 1 }],
  ])("refuses %s", async (_, part) => {
    const { client, streams } = await listening();
    expect(await client.emitWithAck("file", part)).toEqual({ cancel: "there is no such stream" });
    expect(streams).toEqual([]);
  });

  test.each([
    ["out of order", { id: "a", seq: 2, chunk: 1 }],
    ["again", { id: "a", seq: 0, chunk: 1 }],
    ["with nothing in it", { id: "a", seq: 1 }],
    ["with an error that is no text", { id: "a", seq: 1, error: { toString: 1, valueOf: 1 } }],
  ])("fails a stream with a part that comes %s", async (_, part) => {
    const { client, streams } = await listening();
    const first = client.emitWithAck("file", { id: "a", seq: 0, chunk: 1 });
    const why = { cancel: "a part is missing, or is none" };
    expect(await client.emitWithAck("file", part)).toEqual(why);
    expect(await first).toEqual({ cancel: "it has failed" });
    expect(await codeOf(readAll(streams[0] as ReadableStream))).toBe("ERR_MALFORMED_MESSAGE");
  });

  test("fails a stream whose sender does not wait", async () => {
    const { client, streams } = await listening(2);
    const answers = [0, 1, 2].map((seq) =>
      client.emitWithAck("file", { id: "a", seq, chunk: seq }),
    );
    expect((await Promise.all(answers)).map(({ cancel }) => cancel)).toEqual([
      "it has failed",
      "it has failed",
      "more parts came than were read",
    ]);
    expect(await codeOf(readAll(streams[0] as ReadableStream))).toBe("ERR_OVERFLOW");
  });

  test("answers a part whose stream its listener throws at, though no other part comes", async () => {
    const { client, socket } = await listening();
    receive(socket, "unwanted", () => {
      throw new Error("of the listener");
    });
    const [onPart] = socket.listeners("unwanted");
    const thrown: unknown[] = [];
    socket.removeAllListeners("unwanted").on("unwanted", (...args) => {
      try {
        onPart?.(...args);
      } catch (error) {
        thrown.push(error);
      }
    });
    const { stream } = new Source(numbers());
    expect(await codeOf(pipe(stream, client, "unwanted", { window: 1 }))).toBe("ERR_CANCELLED");
    expect(thrown).toEqual([new Error("of the listener")]);
  });

  test("ignores what asks for no acknowledgement", async () => {
    const { client, socket, streams } = await listening();
    client.emit("file", { id: "a", seq: 0, chunk: 1 });
    await arrived({ client, socket });
    expect(streams).toEqual([]);
  });
});

test.each([{ window: 0 }, { chunkBytes: 1.5 }, { timeoutMs: 0 }])(
  "pipe() refuses the options %p",
  async (options) => {
    const socket = { connected: true, emit() {}, on() {}, off() {} };
    const { stream } = new Source([1]);
    expect(await codeOf(pipe(stream, socket, "file", options))).toBe("ERR_INVALID_OPTION");
  },
);
