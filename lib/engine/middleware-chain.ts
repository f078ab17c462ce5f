import type { IncomingMessage, ServerResponse } from "node:http";
import { runMiddlewares } from "../middleware.ts";
import { requireFunction } from "../validate.ts";
import { corsMiddleware } from "./cors.ts";
import { warn } from "../errors.ts";
import { rejectLate } from "./connection-gate.ts";
import { within } from "./deadline.ts";
import type { Middleware } from "./exchange.ts";
import { ENGINE_ERRORS, type Rejection, reject } from "./handshake.ts";
import type { EngineOptions } from "./options.ts";
import type { EngineRequest } from "./request.ts";
import { makeLog } from "../log.ts";

const log = makeLog("engine");

/** A request, and the answer to it, as middlewares see them. */
export interface MiddlewareExchange {
  readonly request: EngineRequest;
  readonly response: ServerResponse;
}

/** The middlewares of an engine: that of the option `cors` where it is given, then the user's. */
export class MiddlewareChain {
  #users: readonly Middleware[] = [];
  #all: readonly Middleware[] = [];
  #cors: Middleware | null;

  constructor(cors: EngineOptions["cors"]) {
    this.#cors = corsMiddleware(cors);
    this.#join();
  }

  /** Whether there is none. */
  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  /** Replaces the option `cors`. */
  configure(cors: EngineOptions["cors"]): void {
    this.#cors = corsMiddleware(cors);
    this.#join();
  }

  /** Adds one at the end. */
  use<Req extends IncomingMessage, Res extends ServerResponse>(
    middleware: Middleware<Req, Res>,
  ): void {
    requireFunction(middleware, "a middleware");
    // One of Express asks for the members that Express adds; who uses it here knows that it does
    // without them.
    this.#users = [...this.#users, middleware as Middleware<never, never> as Middleware];
    this.#join();
  }

  #join(): void {
    this.#all = this.#cors === null ? this.#users : [this.#cors, ...this.#users];
  }

  /**
   * Runs them.
   *
   * @param exchange the request, and the answer, which is looked at only if there is a middleware
   * @param handshakeMs how long they may take over a handshake, in ms
   * @param done called with null where the request may go on, or with why not, and with the exchange;
   * not at all where one of them has answered it
   */
  run<Exchange extends MiddlewareExchange>(
    exchange: Exchange,
    handshakeMs: number,
    done: (refusal: Rejection | null, exchange: Exchange) => void,
  ): void {
    if (this.#all.length === 0) {
      log("no middleware to apply, skipping");
      done(null, exchange);
    } else {
      this.#runAll(exchange, handshakeMs, done); // apart: closures are made there
    }
  }

  #runAll<Exchange extends MiddlewareExchange>(
    exchange: Exchange,
    handshakeMs: number,
    done: (refusal: Rejection | null, exchange: Exchange) => void,
  ): void {
    const { request, response } = exchange;
    const go = (refusal: Rejection | null): void => done(refusal, exchange);
    request.res = response;
    const isHandshake = !request._query.sid;
    within<unknown>(
      isHandshake ? handshakeMs : Number.POSITIVE_INFINITY,
      (decided) =>
        runMiddlewares(
          this.#all,
          (middleware, next) => {
            log("applying middleware n°%d", this.#all.indexOf(middleware) + 1);
            return middleware(request, response, next);
          },
          decided,
        ),
      (error) => {
        if (!response.writableEnded) {
          proceed(error ? failure(error) : null, go);
        }
      },
      () => {
        if (!response.headersSent && !response.writableEnded) {
          go(rejectLate(handshakeMs)); // or one of them is answering, and takes its time
        }
      },
    );
  }
}

// A middleware that has taken something of the request away must not leave it without an answer.
function proceed(refusal: Rejection | null, done: (refusal: Rejection | null) => void): void {
  try {
    done(refusal);
  } catch (error) {
    warn("a request could not be handled as its middlewares left it", error);
    done(failure(error));
  }
}

function failure(error: unknown): Rejection {
  return reject(ENGINE_ERRORS.BAD_REQUEST, { name: "MIDDLEWARE_FAILURE", error });
}
