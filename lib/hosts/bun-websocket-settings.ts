import type { ResolvedEngineOptions } from "../engine/options.ts";
import { SocketIOError } from "../errors.ts";
import type { BunWebSocketHandler } from "./bun-application.ts";

const LONGEST_IDLE_TIMEOUT_S = 960; // of a WebSocket in Bun
const BUN_DEFAULT_IDLE_TIMEOUT_S = 120;
const LARGEST_LIMIT = 2 ** 31 - 1; // Bun's type for it
const BUN_DEFAULT_MAX_PAYLOAD = 16 * 1024 * 1024;

/** Longer than a client that is alive can be silent, in seconds. */
export function silenceS({ pingInterval, pingTimeout }: ResolvedEngineOptions): number {
  return Math.ceil((pingInterval + pingTimeout) / 1000) + 5;
}

/** The largest message that the engine takes and Bun can be told of, in bytes. */
export function maxMessageBytes({ maxHttpBufferSize }: ResolvedEngineOptions): number {
  return Math.min(maxHttpBufferSize, LARGEST_LIMIT);
}

/**
 * The settings of the `websocket` part of `Bun.serve`'s options.
 *
 * @param options of the engine
 * @param own the application's handlers, whose settings win where they can
 * @throws SocketIOError with `ERR_INVALID_OPTION`
 */
export function webSocketSettings<Data>(
  options: ResolvedEngineOptions,
  own: BunWebSocketHandler<Data> | undefined,
): Omit<BunWebSocketHandler<Data>, "message"> {
  const { perMessageDeflate, pingInterval, pingTimeout } = options;
  const compression = perMessageDeflate === false ? {} : { perMessageDeflate: true };
  if (own === undefined) {
    // Engine.IO has its own heartbeat; Bun's pings would keep a dead session looking alive. With
    // no timeout at all Bun would cut a closing socket within seconds, in the midst of its data.
    const seconds = Math.max(BUN_DEFAULT_IDLE_TIMEOUT_S, silenceS(options));
    const idleTimeout = seconds > LONGEST_IDLE_TIMEOUT_S ? 0 : seconds;
    const maxPayloadLength = maxMessageBytes(options);
    return { idleTimeout, sendPings: false, ...compression, maxPayloadLength };
  }
  const idleTimeoutS = own.idleTimeout ?? BUN_DEFAULT_IDLE_TIMEOUT_S;
  const isCut = idleTimeoutS !== 0 && idleTimeoutS * 1000 < pingInterval + pingTimeout;
  if (own.sendPings === false && isCut) {
    throw new SocketIOError(
      "ERR_INVALID_OPTION",
      `websocket.idleTimeout (${idleTimeoutS} s) holds for the whole server and would end ` +
        `Socket.IO sessions between two heartbeats (${pingInterval + pingTimeout} ms): ` +
        "raise it, set it to 0, or leave sendPings on",
    );
  }
  const maxPayloadLength = Math.max(
    own.maxPayloadLength ?? BUN_DEFAULT_MAX_PAYLOAD,
    maxMessageBytes(options),
  );
  return { ...compression, ...own, maxPayloadLength };
}
