import { SocketIOError } from "../errors.ts";
import type { Untyped } from "../events.ts";
import { requireFunction, validateOptions, withDefaults } from "../validate.ts";
import { whenGone } from "./ending.ts";
import type { StreamAck, StreamSocket } from "./types.ts";

/** Options of `receive()`. */
export interface ReceiveOptions {
  /** How many parts of a stream may wait to be read: no less than the sender's `window`. Default: 64. */
  limit?: number;
  /** How many streams may come at the same time. Default: 16. */
  maxStreams?: number;
}

const positive = {
  expected: "a whole number, 1 or more",
  accepts: (value: unknown) => Number.isSafeInteger(value) && Number(value) > 0,
};
const TABLE = { limit: positive, maxStreams: positive };
const DEFAULTS = { limit: 64, maxStreams: 16 };
const LONGEST_ID = 64;

/**
 * Takes the streams that `pipe()` sends from the other side. A part is acknowledged when it has been
 * read, so that the sender goes no faster than the reader.
 *
 * @param socket a socket of the server, or of a client
 * @param event the event that carries them
 * @param onStream called with each new stream, and with the `info` of its sender. Bytes arrive as
 * `Uint8Array`. The stream fails with a SocketIOError: `ERR_DISCONNECTED` where the socket goes,
 * `ERR_CANCELLED` where the sender gives up, `ERR_OVERFLOW` where it does not wait
 * @param options see {@link ReceiveOptions}
 * @returns takes no more, and cancels the streams that are not at their end
 * @throws SocketIOError with `ERR_INVALID_OPTION`, `ERR_INVALID_ARGUMENT`
 */
export function receive<Chunk = Untyped, Info = Untyped>(
  socket: StreamSocket,
  event: string,
  onStream: (stream: ReadableStream<Chunk>, info: Info) => void,
  options: ReceiveOptions = {},
): () => void {
  validateOptions(options, TABLE);
  requireFunction(onStream, "onStream");
  const { limit, maxStreams } = withDefaults(DEFAULTS, options);
  const streams = new Map<string, Incoming<Chunk>>();

  const open = (id: string, info: Info, part: Untyped, ack: StreamAck): void => {
    const incoming = new Incoming<Chunk>(limit, () => streams.delete(id));
    streams.set(id, incoming);
    incoming.take(part, ack); // first: it is answered whatever becomes of the stream
    try {
      onStream(incoming.stream, info);
    } catch (error) {
      incoming.refuse("it is not wanted");
      throw error;
    }
  };
  const onPart = (part: Untyped, ack: Untyped): void => {
    if (typeof ack !== "function") {
      return; // nobody waits for an answer: it is none of `pipe()`
    }
    const { id, seq, info } = part ?? {};
    const isNew = seq === 0 && typeof id === "string" && id.length <= LONGEST_ID;
    if (isNew && !streams.has(id)) {
      if (streams.size >= maxStreams) {
        ack({ cancel: "too many streams" });
        return;
      }
      open(id, info, part, ack);
    } else {
      const incoming = streams.get(id);
      if (incoming === undefined) {
        ack({ cancel: "there is no such stream" });
      } else {
        incoming.take(part, ack);
      }
    }
  };
  socket.on(event, onPart);
  const release = whenGone(socket, (error) => {
    for (const incoming of [...streams.values()]) {
      incoming.fail(error);
    }
  });
  return () => {
    socket.off(event, onPart);
    release();
    for (const incoming of [...streams.values()]) {
      incoming.refuse("it is not wanted any more");
    }
  };
}

interface Part {
  readonly content: { chunk?: unknown; done?: true; error?: string };
  readonly ack: StreamAck;
}

/** One stream on its way in. */
class Incoming<Chunk> {
  readonly stream: ReadableStream<Chunk>;
  readonly #limit: number;
  readonly #onEnd: () => void;
  #controller!: ReadableStreamDefaultController<Chunk>;
  #waiting: Part[] = [];
  #seq = 0;
  /** Resolves the read that waits. */
  #onPart: (() => void) | null = null;
  #isOver = false;

  constructor(limit: number, onEnd: () => void) {
    this.#limit = limit;
    this.#onEnd = onEnd;
    this.stream = new ReadableStream<Chunk>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: (reason) => this.refuse(String(reason ?? "cancelled")),
      },
      { highWaterMark: 0 }, // a part is read when somebody asks for it
    );
  }

  take(part: Untyped, ack: StreamAck): void {
    const { seq, error } = part;
    const isWhole = "chunk" in part || part.done || error;
    const isReadable = error === undefined || typeof error === "string"; // the sender may send anything
    const isPart = seq === this.#seq && isWhole && isReadable;
    if (!isPart || this.#waiting.length >= this.#limit) {
      const why = isPart ? "more parts came than were read" : "a part is missing, or is none";
      ack({ cancel: why });
      this.fail(new SocketIOError(isPart ? "ERR_OVERFLOW" : "ERR_MALFORMED_MESSAGE", why));
      return;
    }
    this.#seq++;
    this.#waiting.push({ content: part, ack });
    this.#onPart?.();
  }

  async #pull(): Promise<void> {
    if (this.#waiting.length === 0) {
      await new Promise<void>((resolve) => {
        this.#onPart = resolve;
      });
      this.#onPart = null;
    }
    const part = this.#waiting.shift();
    if (part === undefined || this.#isOver) {
      return; // it has failed meanwhile
    }
    const { chunk, done, error } = part.content;
    if (error !== undefined) {
      this.fail(new SocketIOError("ERR_CANCELLED", String(error)));
    } else if (done) {
      this.#end();
      this.#controller.close();
    } else {
      const bytes = chunk instanceof ArrayBuffer ? new Uint8Array(chunk) : chunk;
      this.#controller.enqueue(bytes as Chunk);
    }
    part.ack();
  }

  /** What waits is not read any more. */
  fail(error: Error): void {
    if (!this.#isOver) {
      this.#end("it has failed");
      this.#controller.error(error);
      this.#onPart?.();
    }
  }

  /** The reader wants no more. */
  refuse(why: string): void {
    if (!this.#isOver) {
      this.#end(why);
      this.#onPart?.();
      try {
        this.#controller.error(new SocketIOError("ERR_CANCELLED", why));
      } catch {} // it was the reader who cancelled it
    }
  }

  #end(why = "it is at its end"): void {
    this.#isOver = true;
    this.#onEnd();
    for (const { ack } of this.#waiting.splice(0)) {
      ack({ cancel: why });
    }
  }
}
