// What clients of revision 3 say and hear, beside test/support/wire.ts.

import { expect } from "bun:test";
import type { ServerOptions } from "bun-socket.io";
import type { CloseReason, Session } from "bun-socket.io/engine";
import { splitText } from "./payload-v3.ts";
import type { RawWebSocket } from "./raw-websocket.ts";
import type { OpenPacket, Wire } from "./wire.ts";

const BINARY = "application/octet-stream";

/** One session of revision 3. */
export interface PeerV3 {
  sid: string;
  open: OpenPacket;
  session: Session;
  ended: Promise<CloseReason>;
}

/** A query of revision 3; `EIO` may be left out, as the first clients do. */
export const V3 = { EIO: "3" };

/** Starts a server that serves old clients. */
export function startV3(wire: Wire, options: ServerOptions = {}): void {
  wire.start({ allowEIO3: true, ...options });
}

function peerOf(wire: Wire, packet: string | undefined): PeerV3 {
  expect(packet?.[0]).toBe("0");
  const open: OpenPacket = JSON.parse(packet?.slice(1) ?? "");
  const session = wire.session(open.sid);
  const ended = new Promise<CloseReason>((resolve) => session.once("close", resolve));
  return { sid: open.sid, open, session, ended };
}

/** Opens a session over polling. */
export async function openPolling(
  wire: Wire,
  query: Record<string, string> = { b64: "1" },
): Promise<PeerV3> {
  const [packet] = splitText(await (await wire.request({ ...V3, ...query })).text());
  return peerOf(wire, packet);
}

/** Opens a session over WebSocket. */
export async function openWebSocket(
  wire: Wire,
  query: Record<string, string> = {},
): Promise<PeerV3 & { webSocket: RawWebSocket }> {
  const webSocket = await wire.upgrade({ ...V3, ...query });
  return { ...peerOf(wire, await webSocket.text()), webSocket };
}

/** Polls once; the packets must come as text. */
export async function poll(wire: Wire, { sid }: PeerV3): Promise<string[]> {
  const response = await wire.request({ ...V3, sid });
  expect([response.status, response.headers.get("content-type")]).toEqual([
    200,
    "text/plain; charset=UTF-8",
  ]);
  return splitText(await response.text());
}

/** Posts a body, as bytes where it is bytes. */
export function post(
  wire: Wire,
  { sid }: PeerV3,
  body: string | Buffer<ArrayBuffer>,
): Promise<Response> {
  const headers = {
    "content-type": typeof body === "string" ? "text/plain;charset=UTF-8" : BINARY,
  };
  return wire.request({ ...V3, sid }, { method: "POST", body, headers });
}

/** Posts a body and checks that it was taken. */
export async function deliver(
  wire: Wire,
  peer: PeerV3,
  body: string | Buffer<ArrayBuffer>,
): Promise<void> {
  const response = await post(wire, peer, body);
  expect([response.status, await response.text()]).toEqual([200, "ok"]);
}

/** Lists the messages of a session from now on. */
export function recordMessages(session: Session): unknown[] {
  const messages: unknown[] = [];
  session.on("message", (data) => messages.push(data));
  return messages;
}
