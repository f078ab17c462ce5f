import type { EngineRequest } from "../engine/request.ts";
import type { UpgradeDecision, UpgradeExchange } from "../engine/upgrade-reply.ts";
import { ResponseHead } from "../response-head.ts";
import type { ConnectionOwner } from "./bun-connection.ts";
import { toResponseAtLast } from "./bun-exchange.ts";
import type { BunRequest } from "./bun-request.ts";

/** One request of a fetch handler for a WebSocket. */
export class BunUpgrade implements UpgradeExchange, ConnectionOwner {
  readonly request: EngineRequest;
  readonly #request: BunRequest;
  readonly #webRequest: Request;
  readonly #accept: (decision: UpgradeDecision & { accepted: true }) => number;
  #head: ResponseHead | null = null;
  #isDecided = false;
  #answer: Response | null = null;
  #resolve: ((answer: Response) => void) | null = null;
  #onAbort: (() => void) | null = null;

  /**
   * @param request the request
   * @param webRequest the same, as it came
   * @param accept makes a WebSocket of it; returns the status where that is not possible
   */
  constructor(
    request: BunRequest,
    webRequest: Request,
    accept: (decision: UpgradeDecision & { accepted: true }) => number,
  ) {
    this.request = request.asEngineRequest();
    this.#request = request;
    this.#webRequest = webRequest;
    this.#accept = accept;
    request.setOwner(this);
  }

  get head(): ResponseHead | null {
    return this.#head;
  }

  makeHead(): ResponseHead {
    this.#head ??= new ResponseHead(this.request);
    return this.#head;
  }

  /** The answer for the fetch handler to return; Bun ignores that to what became a WebSocket. */
  answer(): Response | Promise<Response> {
    if (this.#answer !== null) {
      return this.#answer;
    }
    if (!this.#isDecided) {
      // Mostly it is: a signal is made when it is asked for.
      this.#onAbort = () => this.#onGone();
      this.#webRequest.signal.addEventListener("abort", this.#onAbort, { once: true });
    }
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  onDecided(decision: UpgradeDecision): void {
    this.#isDecided = true;
    if (this.#onAbort !== null) {
      this.#webRequest.signal.removeEventListener("abort", this.#onAbort);
    }
    this.#request.setOwner(null);
    if (this.#request.destroyed) {
      return;
    }
    if (!decision.accepted) {
      this.#send(toResponseAtLast(decision, this.#webRequest));
      return;
    }
    const status = this.#accept(decision);
    this.#head?.finish();
    this.#send(new Response(null, { status }));
  }

  destroyConnection(): void {
    this.#send(destroyed());
  }

  #onGone(): void {
    this.#request.onAborted();
    this.#request.onAnswered();
    this.#head?.close();
    this.#send(destroyed()); // nobody will read it
  }

  #send(answer: Response): void {
    if (this.#answer === null) {
      this.#answer = answer;
      this.#resolve?.(answer);
    }
  }
}

/** The answer to a request whose connection a user's function has destroyed. */
function destroyed(): Response {
  return new Response(null, { status: 400, headers: { Connection: "close" } });
}
