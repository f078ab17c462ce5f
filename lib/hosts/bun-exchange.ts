import type { ServerResponse } from "node:http";
import type { BodyResult, HttpExchange } from "../engine/exchange.ts";
import type { FlushQueue, TurnEndListener } from "../engine/flush-queue.ts";
import type { EngineRequest } from "../engine/request.ts";
import { type OutgoingHeaders, ResponseHead } from "../response-head.ts";
import type { ConnectionOwner } from "./bun-connection.ts";
import type { BunRequest } from "./bun-request.ts";
import { toResponseAtLast } from "./bun-response.ts";
import { makeLog } from "../log.ts";

const log = makeLog("engine:polling");

/** What an exchange needs of the host. */
export interface ExchangePort {
  readonly flushQueue: FlushQueue;
  /** Gives a request the time that it may take. */
  extendTimeout(request: Request): void;
}

/** One request of a fetch handler and its answer. */
export class BunExchange implements HttpExchange, ConnectionOwner, TurnEndListener {
  readonly request: EngineRequest;
  onAbort: (() => void) | null = null;
  readonly #request: BunRequest;
  readonly #webRequest: Request;
  readonly #closes: boolean;
  /** Made for the first middleware. */
  #head: ResponseHead | null = null;
  #hasResponded = false;
  #answer: Response | null = null;
  #resolve: ((answer: Response) => void) | null = null;
  #cancelBody: (() => void) | null = null;
  #port: ExchangePort | null = null;

  /**
   * @param request the request
   * @param webRequest the same, as it came
   * @param closes whether the client asks for the connection to be closed behind the answer
   */
  constructor(request: BunRequest, webRequest: Request, closes: boolean) {
    this.request = request.asEngineRequest();
    this.#request = request;
    this.#webRequest = webRequest;
    this.#closes = closes;
    request.setOwner(this);
  }

  get response(): ServerResponse {
    if (this.#head === null) {
      const head = new ResponseHead(this.request);
      head.onEnd = () => this.#send(head.statusCode, head.headers(), head.body);
      this.#head = head;
    }
    return this.#head.asServerResponse();
  }

  get aborted(): boolean {
    return this.#request.aborted;
  }

  header(name: string): string | undefined {
    return this.#request.header(name);
  }

  /** The answer for the fetch handler to return: at hand if there is one already. */
  answer(port: ExchangePort): Response | Promise<Response> {
    if (this.#answer !== null) {
      return this.#answer;
    }
    this.#port = port;
    port.flushQueue.afterFlush(this);
    return new Promise<Response>((resolve) => {
      this.#resolve = resolve;
    });
  }

  // What takes to wait is not done for a request that is answered within the turn in which it came,
  // as those are that bring data, and polls of a client that is just being sent some.
  onTurnEnd(): void {
    if (this.#answer !== null) {
      return;
    }
    this.#port?.extendTimeout(this.#webRequest);
    // While the body is read, the end of that tells; a signal is made when it is asked for.
    if (this.#cancelBody === null || this.#request.isKept) {
      const { signal } = this.#webRequest;
      if (signal.aborted) {
        this.#onAborted(499); // meanwhile, or before the application handed it over
      } else {
        signal.addEventListener("abort", () => this.#onAborted(499), { once: true });
      }
    }
  }

  destroyConnection(): void {
    this.#onAborted(400);
  }

  #onAborted(status: number): void {
    if (this.#answer !== null) {
      return;
    }
    this.#request.onAborted();
    this.#head?.close();
    const { onAbort } = this;
    this.onAbort = null;
    onAbort?.();
    // Nobody will read it, but a promise that is never kept would hold on to all of this.
    this.#send(status, { Connection: "close" }, null);
  }

  respond(
    status: number,
    headers: Readonly<OutgoingHeaders>,
    body: string | Uint8Array | null,
  ): void {
    if (this.#answer !== null || this.#hasResponded) {
      return;
    }
    this.#hasResponded = true;
    if (this.#head === null) {
      this.#send(status, headers, body);
    } else {
      this.#head.respond(status, headers, body);
    }
  }

  #send(
    status: number,
    headers: Readonly<OutgoingHeaders>,
    body: string | Uint8Array | null,
  ): void {
    if (this.#answer !== null) {
      return;
    }
    const answer = toResponseAtLast({ status, headers, body }, this.#closes);
    this.#answer = answer;
    this.#request.onAnswered();
    this.#resolve?.(answer);
  }

  readBody(limitBytes: number, done: (result: BodyResult) => void): void {
    const announced = this.#webRequest.headers.get("content-length");
    if (Number(announced) > limitBytes) {
      done(TOO_LARGE);
    } else if (announced === null) {
      void this.#readStream(limitBytes).then(done);
    } else {
      // No longer than it says, and not to be read piece by piece: a stream costs more than all else
      // that a request does.
      this.#readAtOnce(done);
    }
  }

  #readAtOnce(done: (result: BodyResult) => void): void {
    const finish = (result: BodyResult): void => {
      if (this.#cancelBody !== null) {
        this.#cancelBody = null;
        done(result);
      }
    };
    this.#cancelBody = () => finish(ABORTED);
    this.#webRequest.arrayBuffer().then(
      (body) => {
        this.#request.complete = true;
        finish({ kind: "complete", body });
      },
      (error: unknown) => {
        log("the body of a request did not arrive: %s", error);
        finish(ABORTED); // the one way a request body fails to arrive
      },
    );
  }

  async #readStream(limitBytes: number): Promise<BodyResult> {
    const { body } = this.#webRequest;
    if (body === null) {
      return { kind: "complete", body: Buffer.alloc(0) };
    }
    const reader = body.getReader();
    let cancelled = false;
    this.#cancelBody = () => {
      cancelled = true;
      // The reader's own end is reported by the read that is under way.
      reader.cancel().catch(() => {});
    };
    const chunks: Uint8Array[] = [];
    let length = 0;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (cancelled) {
          return ABORTED;
        }
        if (done) {
          this.#request.complete = true;
          return { kind: "complete", body: Buffer.concat(chunks, length) };
        }
        length += value.length;
        if (length > limitBytes) {
          this.#cancelBody();
          return TOO_LARGE;
        }
        chunks.push(value);
      }
    } catch (error) {
      log("the body of a request did not arrive: %s", error);
      return ABORTED;
    } finally {
      this.#cancelBody = null;
    }
  }

  cancelBody(): void {
    this.#cancelBody?.();
  }
}

const ABORTED: BodyResult = { kind: "aborted" };
const TOO_LARGE: BodyResult = { kind: "too-large" };
