import type { EngineRequest } from "../engine/request.ts";
import type { WebSocketPort } from "../engine/exchange.ts";
import type { WebSocketTransport } from "../engine/transports/websocket.ts";
import type { UpgradeDecision, UpgradeExchange } from "../engine/upgrade-reply.ts";
import { type OutgoingHeaders, ResponseHead } from "../response-head.ts";
import type { ConnectionOwner } from "./bun-connection.ts";
import type { BunServer } from "./bun-listener.ts";
import type { BunRequest } from "./bun-request.ts";
import { closes, toResponseAtLast } from "./bun-response.ts";

const OK = 200;

type AcceptedUpgrade = UpgradeDecision & { accepted: true };

/** Who makes WebSockets of requests: the host. */
export interface UpgradeHost {
  /** @returns the status where that is not possible */
  accept(upgrade: BunUpgrade, headers: OutgoingHeaders): number;
  /** One is open. */
  onWired(): void;
}

/** One request of a fetch handler for a WebSocket. */
export class BunUpgrade implements UpgradeExchange, ConnectionOwner {
  readonly request: EngineRequest;
  readonly webRequest: Request;
  /** The server it came to. */
  readonly server: BunServer;
  readonly bunRequest: BunRequest;
  readonly #host: UpgradeHost;
  #accepted: AcceptedUpgrade | null = null;
  /** Whether the request became a WebSocket: there is no answer to it, but for who waits for one. */
  isOpened = false;
  #head: ResponseHead | null = null;
  #isDecided = false;
  #answer: Response | null = null;
  #resolve: ((answer: Response) => void) | null = null;
  #onAbort: (() => void) | null = null;

  /**
   * @param request the request
   * @param webRequest the same, as it came
   * @param server the server it came to
   * @param host makes a WebSocket of it
   */
  constructor(request: BunRequest, webRequest: Request, server: BunServer, host: UpgradeHost) {
    this.request = request.asEngineRequest();
    this.webRequest = webRequest;
    this.server = server;
    this.bunRequest = request;
    this.#host = host;
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
    return this.#answerLater();
  }

  #answerLater(): Promise<Response> {
    if (!this.#isDecided) {
      // Mostly it is: a signal is made when it is asked for.
      this.#onAbort = () => this.#onGone();
      this.webRequest.signal.addEventListener("abort", this.#onAbort, { once: true });
    }
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** The WebSocket is open. */
  open(port: WebSocketPort): WebSocketTransport | null {
    this.#host.onWired();
    return this.#accepted?.open(port) ?? null;
  }

  onDecided(decision: UpgradeDecision): void {
    this.#isDecided = true;
    if (this.#onAbort !== null) {
      this.webRequest.signal.removeEventListener("abort", this.#onAbort);
    }
    this.bunRequest.setOwner(null);
    if (this.bunRequest.destroyed) {
      return;
    }
    if (!decision.accepted) {
      const isLast = closes(this.webRequest.headers.get("connection") ?? "");
      this.#send(toResponseAtLast(decision, isLast));
      return;
    }
    this.#accepted = decision;
    const status = this.#host.accept(this, decision.headers);
    this.#head?.finish();
    this.isOpened = status === OK;
    if (!this.isOpened || this.#resolve !== null) {
      this.#send(new Response(null, { status }));
    }
  }

  destroyConnection(): void {
    this.#send(destroyed());
  }

  #onGone(): void {
    this.bunRequest.onAborted();
    this.bunRequest.onAnswered();
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
