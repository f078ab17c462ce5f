import type { WebSocketHandler } from "bun";
import { SocketIOError } from "../errors.ts";
import { describe, requireFunction } from "../validate.ts";
import type { BunServer } from "./bun-listener.ts";

/** The `websocket` part of the options of `Bun.serve`. */
export type BunWebSocketHandler<Data> = WebSocketHandler<Data>;

/** The application that shares the port. */
export interface BunApplication<Data> {
  /** Answers all requests that are not Socket.IO's. Default: 404. */
  fetch?: (
    request: Request,
    server: BunServer<Data>,
  ) => Response | undefined | Promise<Response | undefined>;
  /** Handles the application's own WebSockets; its settings hold for the whole server. */
  websocket?: WebSocketHandler<Data>;
}

/** What to spread into `Bun.serve`. */
export interface BunHandler<Data> {
  fetch(request: Request, server: BunServer<Data>): Response | Promise<Response>;
  websocket: WebSocketHandler<Data>;
}

/**
 * Checks what the application hands to `handler()`.
 *
 * @param application as given
 * @throws SocketIOError with `ERR_INVALID_ARGUMENT`
 */
export function requireApplication(application: unknown): void {
  if (typeof application !== "object" || application === null) {
    throw new SocketIOError(
      "ERR_INVALID_ARGUMENT",
      `handler() takes { fetch, websocket }, got ${describe(application)}`,
    );
  }
  const { fetch, websocket, routes } = application as Record<string, unknown>;
  if (fetch !== undefined) {
    requireFunction(fetch, "the application's fetch");
  }
  if (websocket !== undefined && (typeof websocket !== "object" || websocket === null)) {
    throw new SocketIOError(
      "ERR_INVALID_ARGUMENT",
      `the application's websocket must be an object, got ${describe(websocket)}`,
    );
  }
  if (routes !== undefined) {
    throw new SocketIOError(
      "ERR_INVALID_ARGUMENT",
      "routes go beside the handler: Bun.serve({ ...io.handler({ fetch }), routes })",
    );
  }
}

/** What the application's `fetch` has answered, as Bun takes it. */
export function fromApplication(
  answer: Response | undefined | Promise<Response | undefined>,
): Response | Promise<Response> {
  if (answer instanceof Response) {
    return answer;
  }
  // Nothing comes of a request that became a WebSocket, and of one that nobody answers.
  return answer instanceof Promise ? answer.then(fromApplication) : notFound();
}

/** The answer to a request that nobody takes. */
export function notFound(): Response {
  return new Response(null, { status: 404 });
}
