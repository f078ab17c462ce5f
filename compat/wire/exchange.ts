// The tapes of a connection, read: requests with their answers, and the WebSocket behind an upgrade.

import { readMessages, type WebSocketMessage } from "./frames.ts";
import { type HttpMessage, headerOf, readMessage } from "./http.ts";
import type { Tape } from "./tape.ts";

/** Both directions of a connection. */
export interface Tapes {
  toServer: Tape;
  toClient: Tape;
  /** Whether the server has ended the connection. */
  serverEnded: boolean;
}

/** A message of a WebSocket, and when it passed. */
export type TimedMessage = WebSocketMessage & { at: number };

/** A request, and what came of it. */
export interface Exchange {
  request: HttpMessage;
  method: string;
  /** The path with its query. */
  target: URL;
  askedAt: number;
  /** Null when the request was not answered. */
  answer: HttpMessage | null;
  status: number;
  answeredAt: number;
  /** The messages of both directions, when the answer was 101. */
  webSocket: { toServer: TimedMessage[]; toClient: TimedMessage[] } | null;
}

/** Reads all requests of a connection, with their answers. */
export function readExchanges(tapes: Tapes): Exchange[] {
  const [up, down] = [tapes.toServer.bytes(), tapes.toClient.bytes()];
  const exchanges: Exchange[] = [];
  let [upAt, downAt] = [0, 0];
  for (;;) {
    const request = readMessage(up, upAt);
    if (request === null) {
      return exchanges;
    }
    upAt = request.end;
    const method = request.start[0];
    const context = { method, ended: tapes.serverEnded };
    let answer = readMessage(down, downAt, context);
    while (answer !== null && /^1(?!01)/.test(answer.start[1])) {
      answer = readMessage(down, answer.end, context);
    }
    downAt = answer?.end ?? downAt;
    const status = Number(answer?.start[1] ?? 0);
    const timed = (tape: Tape, bytes: Buffer, start: number): TimedMessage[] =>
      readMessages(bytes, start).map((it) => ({ ...it, at: tape.timeOf(it.end) }));
    exchanges.push({
      request,
      method,
      target: targetOf(request),
      askedAt: tapes.toServer.timeOf(upAt),
      answer,
      status,
      answeredAt: answer === null ? 0 : tapes.toClient.timeOf(downAt),
      webSocket:
        status === 101 && headerOf(request, "upgrade") !== undefined
          ? {
              toServer: timed(tapes.toServer, up, upAt),
              toClient: timed(tapes.toClient, down, downAt),
            }
          : null,
    });
    if (status === 101) {
      return exchanges;
    }
  }
}

function targetOf(request: HttpMessage): URL {
  const base = "http://server";
  return URL.canParse(request.start[1], base)
    ? new URL(request.start[1], base)
    : new URL(`/?${encodeURIComponent(request.start[1])}`, base);
}
