import type { IncomingMessage } from "node:http";
import { createRequire } from "node:module";
import type { Duplex } from "node:stream";
import type { ResolvedEngineOptions } from "../engine/options.ts";
import type { OutgoingHeaders } from "../response-head.ts";
import { toLines } from "./node-upgrade.ts";
import type { WsSocket } from "./node-websocket.ts";
import { makeLog } from "../log.ts";

const log = makeLog("engine");

/** What is used of the `WebSocketServer` of the package `ws`, and so what a `wsEngine` makes. */
interface WsServer {
  on?(event: "headers", listener: (lines: string[], request: IncomingMessage) => void): unknown;
  handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    done: (ws: WsSocket) => void,
  ): void;
  close(): unknown;
}

type WsConstructor = new (options: object) => WsServer;

/** Accepts WebSockets by the package `ws`, or what the option `wsEngine` names in its place. */
export class NodeAcceptor {
  readonly #settings: { readonly opts: ResolvedEngineOptions };
  #made: WsServer | null = null;
  #madeFor: ResolvedEngineOptions | null = null;
  /** The headers for the 101 answers that it is about to write. */
  readonly #headers = new WeakMap<IncomingMessage, OutgoingHeaders>();

  constructor(settings: { readonly opts: ResolvedEngineOptions }) {
    this.#settings = settings;
  }

  /**
   * Accepts a WebSocket.
   *
   * @param request the request for it
   * @param socket its connection
   * @param head what has come behind the request
   * @param headers those of the answer
   * @param done called with the WebSocket
   */
  accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    headers: OutgoingHeaders,
    done: (ws: WsSocket) => void,
  ): void {
    this.#headers.set(request, headers);
    this.#server().handleUpgrade(request, socket, head, done);
  }

  // Made when the first is asked for: an engine without a server of node:http needs none.
  #server(): WsServer {
    const { opts } = this.#settings;
    if (this.#made === null || this.#madeFor !== opts) {
      this.#made?.close();
      const WsEngine = opts.wsEngine as WsConstructor; // of the user's no more than this is known
      this.#made = new WsEngine({
        noServer: true,
        clientTracking: false,
        perMessageDeflate: opts.perMessageDeflate,
        maxPayload: opts.maxHttpBufferSize,
      });
      this.#madeFor = opts;
      this.#made.on?.("headers", (lines, request) => {
        lines.push(...toLines(this.#headers.get(request) ?? {}));
        this.#headers.delete(request);
      });
    }
    return this.#made;
  }

  /** Gives the server of WebSockets up, until there are more. */
  close(): void {
    if (this.#made !== null) {
      log("closing webSocketServer");
      this.#made.close();
      this.#made = null;
    }
  }
}

/**
 * The default of the option `wsEngine`: makes a `WebSocketServer` of Bun's own `ws`, which is not
 * loaded before. To be called with `new`, as the class would be.
 */
export function DefaultWsEngine(options: object): WsServer {
  const require = createRequire(import.meta.url); // the types of `ws` are not everywhere
  const { WebSocketServer } = require("ws") as { WebSocketServer: WsConstructor };
  return new WebSocketServer(options);
}
