import type { ServerResponse } from "node:http";
import type { Answer, BodyResult, HttpExchange } from "../engine/exchange.ts";
import type { EngineRequest } from "../engine/request.ts";
import { throwLater } from "../errors.ts";
import { type OutgoingHeaders, ResponseHead } from "../response-head.ts";
import type { ConnectionOwner } from "./bun-connection.ts";
import type { BunRequest } from "./bun-request.ts";
import { makeLog } from "../log.ts";

const log = makeLog("engine:polling");

/** One request of a fetch handler and its answer. */
export class BunExchange implements HttpExchange, ConnectionOwner {
  readonly request: EngineRequest;
  onAbort: (() => void) | null = null;
  readonly #request: BunRequest;
  readonly #webRequest: Request;
  /** Made for the first middleware. */
  #head: ResponseHead | null = null;
  #hasResponded = false;
  #answer: Response | null = null;
  #resolve: ((answer: Response) => void) | null = null;
  #cancelBody: (() => void) | null = null;

  constructor(request: BunRequest, webRequest: Request) {
    this.request = request.asEngineRequest();
    this.#request = request;
    this.#webRequest = webRequest;
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
  answer(): Response | Promise<Response> {
    if (this.#answer !== null) {
      return this.#answer;
    }
    const answer = new Promise<Response>((resolve) => {
      this.#resolve = resolve;
    });
    // While the body is read, the end of that tells; a signal is made when it is asked for.
    if (this.#cancelBody === null || this.#request.isKept) {
      const { signal } = this.#webRequest;
      if (signal.aborted) {
        this.#onAborted(499); // before the application handed it over
      } else {
        signal.addEventListener("abort", () => this.#onAborted(499), { once: true });
      }
    }
    return answer;
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
    const answer = toResponseAtLast({ status, headers, body }, this.#webRequest);
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

/**
 * Makes the web `Response` of an answer.
 *
 * @param answer status, headers, body
 * @param request the request: one that asks for the connection to be closed is told that it will
 * be, or Node's HTTP agent uses the dead connection again
 */
export function toResponse({ status, headers, body }: Answer, request: Request): Response {
  const connection = request.headers.get("connection");
  let list = preparedHeaders(headers);
  if (connection !== null && /(?:^|,)\s*close\s*(?:,|$)/i.test(connection)) {
    list = toHeaders(headers);
    list.set("Connection", "close");
  }
  // No body here is of shared memory, which is what keeps the types of some projects from this.
  return new Response(body as string | Uint8Array<ArrayBuffer> | null, { status, headers: list });
}

/** The same; with the status 500 where what a user's function has set makes that impossible. */
export function toResponseAtLast(answer: Answer, request: Request): Response {
  try {
    return toResponse(answer, request);
  } catch (error) {
    throwLater(error); // of a header, or a status that Bun does not know
    return new Response(null, { status: 500 });
  }
}

/** The `Headers` of objects that cannot change; never changed, as a `Response` makes a copy. */
const prepared = new WeakMap<Readonly<OutgoingHeaders>, Headers>();

/** The same as {@link toHeaders}, made once for what is answered time and again. Not to be changed. */
function preparedHeaders(headers: Readonly<OutgoingHeaders>): Headers {
  let list = prepared.get(headers);
  if (list === undefined) {
    list = toHeaders(headers);
    if (Object.isFrozen(headers)) {
      prepared.set(headers, list);
    }
  }
  return list;
}

/** The web `Headers` of an answer. */
export function toHeaders(headers: Readonly<OutgoingHeaders>): Headers {
  const list = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === "string" && name.toLowerCase() !== "set-cookie") {
      list.set(name, value);
    } else {
      // Of all headers, cookies add up, under whatever spelling of the name they were set.
      for (const each of typeof value === "string" ? [value] : value) {
        list.append(name, each);
      }
    }
  }
  return list;
}
