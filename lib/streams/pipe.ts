import { ackTimeout, SocketIOError } from "../errors.ts";
import type { Untyped } from "../events.ts";
import { timeFrom, validateOptions, withDefaults } from "../validate.ts";
import { goneAlready, whenGone } from "./ending.ts";
import type { StreamSocket } from "./types.ts";

/** Options of `pipe()`. */
export interface PipeOptions {
  /** How many parts may be on their way, not yet acknowledged; 1 or more. Default: 8. */
  window?: number;
  /** Bytes are sent in parts of so many at most; 1 or more. Default: 65536. */
  chunkBytes?: number;
  /** Sent along with the first part: a file name, say. */
  info?: unknown;
  /** How long the other side may take to acknowledge a part, in ms. Default: as long as it is there. */
  timeoutMs?: number;
  /** Gives up when it fires. */
  signal?: AbortSignal;
}

const atLeastOne = {
  expected: "a whole number, 1 or more",
  accepts: (value: unknown) => Number.isSafeInteger(value) && Number(value) > 0,
};
const TABLE = { window: atLeastOne, chunkBytes: atLeastOne, timeoutMs: timeFrom(1) };
const DEFAULTS = { window: 8, chunkBytes: 65_536 };

/**
 * Sends a stream to the other side, part by part, as an event with an acknowledgement each. It reads
 * on only while fewer than `window` parts are not acknowledged: a slow reader slows the source down.
 *
 * @param stream its chunks are bytes, or anything else that an event can carry
 * @param socket a socket of the server, or of a client
 * @param event the event; the other side reads it with `receive()`, or by itself
 * @param options see {@link PipeOptions}
 * @returns resolves with the number of parts when the other side has taken all of them. Rejects, with
 * the stream cancelled, with the stream's own error, with what the signal says, or with a SocketIOError:
 * `ERR_DISCONNECTED`, `ERR_CANCELLED` by the other side, `ERR_ACK_TIMEOUT`, `ERR_INVALID_OPTION`
 */
export async function pipe(
  stream: ReadableStream<unknown>,
  socket: StreamSocket,
  event: string,
  options: PipeOptions = {},
): Promise<number> {
  validateOptions(options, TABLE);
  const sending = new Sending(socket, event, withDefaults(DEFAULTS, options));
  const reader = stream.getReader();
  try {
    for (;;) {
      await sending.room();
      const { done, value } = await sending.unlessFailed(reader.read());
      if (done) break;
      await sending.send(value);
    }
    return await sending.finish();
  } catch (error) {
    sending.giveUp();
    await reader.cancel(error).catch(() => {}); // of a stream that has failed: that is what is thrown
    throw error;
  } finally {
    sending.release();
    reader.releaseLock();
  }
}

/** One stream on its way. */
class Sending {
  readonly #socket: StreamSocket;
  readonly #event: string;
  readonly #options: PipeOptions & typeof DEFAULTS;
  readonly #id = crypto.randomUUID();
  #seq = 0;
  #unacknowledged = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isEnded = false;
  /** Called at each acknowledgement. */
  #onRoom: (() => void) | null = null;
  readonly #failed: Promise<never>;
  #fail!: (error: unknown) => void;
  #hasFailed = false;
  readonly #releases: (() => void)[] = [];

  constructor(socket: StreamSocket, event: string, options: PipeOptions & typeof DEFAULTS) {
    this.#socket = socket;
    this.#event = event;
    this.#options = options;
    this.#failed = new Promise((_, reject) => {
      this.#fail = (error) => {
        this.#hasFailed = true;
        reject(error);
      };
    });
    this.#failed.catch(() => {}); // whoever waits hears of it
    const gone = goneAlready(socket);
    if (gone !== null) {
      this.#isEnded = true;
      this.#fail(gone);
    }
    this.#releases.push(
      whenGone(socket, (error) => {
        this.#isEnded = true; // there is nobody to tell
        this.#fail(error);
      }),
    );
    this.#watch(options.signal);
  }

  #watch(signal: AbortSignal | undefined): void {
    const onAbort = (): void => this.#fail(signal?.reason);
    if (signal?.aborted) {
      onAbort();
    }
    signal?.addEventListener("abort", onAbort);
    this.#releases.push(() => signal?.removeEventListener("abort", onAbort));
  }

  /** Waits for something, but not beyond a failure. */
  unlessFailed<Value>(promise: Promise<Value>): Promise<Value> {
    return Promise.race([this.#failed, promise]);
  }

  /** Resolves when one more part may be sent. */
  async room(limit = this.#options.window): Promise<void> {
    while (this.#unacknowledged >= limit || this.#hasFailed) {
      await this.unlessFailed(
        new Promise<void>((resolve) => {
          this.#onRoom = resolve;
        }),
      );
    }
  }

  async send(value: unknown): Promise<void> {
    for (const chunk of split(value, this.#options.chunkBytes)) {
      await this.room();
      this.#emit({ chunk });
    }
  }

  /** Says that this was all, and waits for the last acknowledgement. */
  async finish(): Promise<number> {
    const parts = this.#seq;
    this.#isEnded = true;
    this.#emit({ done: true });
    await this.room(1);
    return parts;
  }

  /** Tells the other side that nothing follows. */
  giveUp(): void {
    if (!this.#isEnded) {
      this.#isEnded = true;
      try {
        this.#emit({ error: "the sender gave up" });
      } catch {} // of an `info` that cannot be sent: nobody has heard of the stream
    }
  }

  release(): void {
    clearTimeout(this.#timer);
    for (const release of this.#releases) {
      release();
    }
  }

  #emit(content: object): void {
    const { info } = this.#options;
    const first = this.#seq === 0 && info !== undefined ? { info } : {};
    const part = { id: this.#id, seq: this.#seq, ...first, ...content };
    // Behind an error or not, as `ackTimeout` has it: the answer is the last argument.
    this.#socket.emit(this.#event, part, (...args: Untyped[]) => this.#onAnswer(args.at(-1)));
    this.#seq++;
    this.#unacknowledged++;
    this.#startTimer();
  }

  #onAnswer(answer: Untyped): void {
    this.#unacknowledged--;
    this.#startTimer();
    if (answer instanceof Error) {
      this.#fail(answer);
    } else if (typeof answer?.cancel === "string") {
      this.#isEnded = true;
      this.#fail(
        new SocketIOError("ERR_CANCELLED", `the other side wants no more: ${answer.cancel}`),
      );
    }
    this.#onRoom?.();
  }

  #startTimer(): void {
    const { timeoutMs } = this.#options;
    clearTimeout(this.#timer);
    if (timeoutMs !== undefined && this.#unacknowledged > 0 && !this.#hasFailed) {
      this.#timer = setTimeout(() => this.#fail(ackTimeout()), timeoutMs);
    }
  }
}

function* split(value: unknown, chunkBytes: number): Generator<unknown> {
  const bytes = value instanceof ArrayBuffer ? new Uint8Array(value) : value;
  if (!(bytes instanceof Uint8Array) || bytes.length <= chunkBytes) {
    yield bytes;
    return;
  }
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    yield bytes.subarray(start, start + chunkBytes);
  }
}
