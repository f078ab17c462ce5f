import { SocketIOError } from "../errors.ts";
import { describe } from "../validate.ts";
import type { Packet } from "./codec/codec.ts";
import { createPacketDecoder } from "./codec/packet-stream.ts";
import type { EngineRequest } from "./request.ts";
import type {
  PacketReader,
  WebTransportLink,
  WebTransportSession,
} from "./transports/webtransport.ts";
import { makeLog } from "../log.ts";

const log = makeLog("engine");

/** What a client of WebTransport has asked for. */
export interface WebTransportGreeting extends WebTransportLink {
  /** The session that it wants to move here; null for a new one. */
  readonly sid: string | null;
}

/**
 * Waits for the client to open a stream and say on it what it wants. A WebTransport session on which
 * that does not come to pass is closed.
 *
 * @param session the WebTransport session
 * @param options `upgradeTimeout` for how long to wait, in ms, and `maxHttpBufferSize`
 * @returns null where nothing came of it
 */
export async function greetWebTransport(
  session: WebTransportSession,
  options: { readonly upgradeTimeout: number; readonly maxHttpBufferSize: number },
): Promise<WebTransportGreeting | null> {
  let cancel: (() => Promise<void>) | undefined;
  let isOver = false;
  const giveUp = (): null => {
    if (!isOver) {
      log(
        "closing a WebTransport session: the client did not say what it wants in time, or at all",
      );
      isOver = true;
      cancel?.().catch(() => {}); // of a session that is over already
      session.close();
    }
    return null;
  };
  session.closed.catch(() => {}); // reading fails as well then
  const timer = setTimeout(giveUp, options.upgradeTimeout);
  try {
    const streams = session.incomingBidirectionalStreams.getReader();
    cancel = () => streams.cancel();
    const { value: stream } = await streams.read();
    if (stream === undefined) {
      return giveUp();
    }
    const decoder = createPacketDecoder(options.maxHttpBufferSize);
    const reader: PacketReader = stream.readable.pipeThrough(decoder).getReader();
    cancel = () => reader.cancel();
    const { value: packet } = await reader.read();
    const sid = packet?.type === "open" ? parseSid(packet) : undefined;
    return isOver || sid === undefined ? giveUp() : { session, stream, reader, sid };
  } catch (error) {
    log("a WebTransport session was lost: %s", error);
    return giveUp();
  } finally {
    clearTimeout(timer);
  }
}

/** Null where the packet names no session, undefined where it names none that could be. */
function parseSid({ data }: Packet): string | null | undefined {
  if (data === undefined) {
    return null;
  }
  try {
    const { sid }: { sid?: unknown } = JSON.parse(data.toString());
    return typeof sid === "string" ? sid : undefined;
  } catch {
    return undefined; // no JSON, or no object
  }
}

/**
 * Checks that what the application hands over is a session of WebTransport.
 *
 * @param session as given
 * @throws SocketIOError with `ERR_INVALID_ARGUMENT`
 */
export function requireWebTransportSession(session: unknown): void {
  const { closed, incomingBidirectionalStreams, close } = Object(session);
  if (
    typeof closed?.then !== "function" ||
    typeof incomingBidirectionalStreams?.getReader !== "function" ||
    typeof close !== "function"
  ) {
    throw new SocketIOError(
      "ERR_INVALID_ARGUMENT",
      "onWebTransportSession() takes a session with closed, incomingBidirectionalStreams and " +
        `close(), got ${describe(session)}`,
    );
  }
}

/** What stands for the request that opened a session, where there was none. */
export function makeWebTransportRequest(): EngineRequest {
  const socket = { encrypted: true };
  const request = { method: "GET", url: "", headers: {}, connection: socket, socket, _query: {} };
  return request as unknown as EngineRequest; // nothing else of a request is there
}
