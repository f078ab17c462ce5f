import { type EngineRequest, isEncrypted } from "./engine/request.ts";
import type { Handshake } from "./socket-types.ts";

let lastSecond = Number.NaN;
let lastTime = "";

// As text it has no fractions of a second: clients that come together share it.
function timeOf(issued: number): string {
  const second = Math.floor(issued / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastTime = `${new Date(issued)}`;
  }
  return lastTime;
}

/**
 * Tells how a client introduced itself.
 *
 * @param session the request that opened the session, and the address it came from
 * @param issued when the socket was made, in ms since 1970
 * @param auth what the client gave as `auth`
 */
export function describeHandshake(
  session: {
    readonly request: EngineRequest | null | undefined;
    readonly remoteAddress: string | undefined;
  },
  issued: number,
  auth: Record<string, unknown>,
): Handshake {
  const { request } = session; // programs set it to null, to save its memory
  return {
    headers: request?.headers ?? {},
    time: timeOf(issued),
    address: session.remoteAddress ?? "",
    xdomain: Boolean(request?.headers.origin),
    secure: !request || isEncrypted(request),
    issued,
    url: request?.url ?? "",
    query: request?._query ?? {},
    auth,
  };
}
