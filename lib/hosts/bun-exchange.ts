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
    request.socket.owner = this;
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
    return this.#request.aborted || this.#webRequest.signal.aborted;
  }

  /** The answer for the fetch handler to return: at hand if there is one already. */
  answer(): Response | Promise<Response> {
    if (this.#answer !== null) {
      return this.#answer;
    }
    const { signal } = this.#webRequest;
    signal.addEventListener("abort", () => this.#onAborted(499), { once: true });
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
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

  respond(status: number, headers: OutgoingHeaders, body: string | Uint8Array | null): void {
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

  #send(status: number, headers: OutgoingHeaders, body: string | Uint8Array | null): void {
    if (this.#answer !== null) {
      return;
    }
    const answer = toResponseAtLast({ status, headers, body }, this.#webRequest);
    this.#answer = answer;
    this.#request.onAnswered();
    this.#resolve?.(answer);
  }

  readBody(limitBytes: number): Promise<BodyResult> {
    const { headers } = this.#webRequest;
    const announced = headers.get("content-length");
    if (Number(announced) > limitBytes) {
      return Promise.resolve({ kind: "too-large" });
    }
    // No longer than it says, and not to be read piece by piece: a stream costs more than all else
    // that a request does.
    return announced === null ? this.#readStream(limitBytes) : this.#readAtOnce();
  }

  #readAtOnce(): Promise<BodyResult> {
    return new Promise((resolve) => {
      const finish = (result: BodyResult): void => {
        this.#cancelBody = null;
        resolve(result);
      };
      this.#cancelBody = () => finish({ kind: "aborted" });
      this.#webRequest.arrayBuffer().then(
        (bytes) => {
          this.#request.complete = true;
          finish({ kind: "complete", body: Buffer.from(bytes) });
        },
        (error: unknown) => {
          log("the body of a request did not arrive: %s", error);
          finish({ kind: "aborted" }); // the one way a request body fails to arrive
        },
      );
    });
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
          return { kind: "aborted" };
        }
        if (done) {
          this.#request.complete = true;
          return { kind: "complete", body: Buffer.concat(chunks, length) };
        }
        length += value.length;
        if (length > limitBytes) {
          this.#cancelBody();
          return { kind: "too-large" };
        }
        chunks.push(value);
      }
    } catch (error) {
      log("the body of a request did not arrive: %s", error);
      return { kind: "aborted" };
    } finally {
      this.#cancelBody = null;
    }
  }

  cancelBody(): void {
    this.#cancelBody?.();
  }
}

/**
 * Makes the web `Response` of an answer.
 *
 * @param answer status, headers, body
 * @param request the request: one that asks for the connection to be closed is told that it will
 * be, or Node's HTTP agent uses the dead connection again
 */
export function toResponse({ status, headers, body }: Answer, request: Request): Response {
  const connection = request.headers.get("connection");
  let list = commonHeaders(headers);
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

/** The `Headers` of answers by their text; never changed, as a `Response` makes a copy. */
const common = new Map<string, Headers>();
const MOST_COMMON = 64;

/** The same as {@link toHeaders}, made once for what is answered time and again. Not to be changed. */
function commonHeaders(headers: OutgoingHeaders): Headers {
  let key = "";
  for (const name in headers) {
    const value = headers[name];
    if (typeof value !== "string" || value.includes("\n")) {
      return toHeaders(headers);
    }
    key += `${name}:${value}\n`;
  }
  let list = common.get(key);
  if (list === undefined) {
    list = toHeaders(headers);
    if (common.size < MOST_COMMON) {
      common.set(key, list);
    }
  }
  return list;
}

/** The web `Headers` of an answer. */
export function toHeaders(headers: OutgoingHeaders): Headers {
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
