// Sessions of Engine.IO over WebTransport, of which the tests are both ends.

import { expect } from "bun:test";
import type { CloseReason, Session } from "bun-socket.io/engine";
import { WebTransportPeer } from "./webtransport.ts";
import type { OpenPacket, Wire } from "./wire.ts";

export const transports = ["polling", "websocket", "webtransport"] as const;

export interface Opened {
  peer: WebTransportPeer;
  session: Session;
  open: OpenPacket;
  ended: Promise<{ reason: CloseReason; description: unknown }>;
}

/** Opens a session of Engine.IO over WebTransport. */
export async function open(wire: Wire): Promise<Opened> {
  const peer = await WebTransportPeer.connect(wire.engine);
  peer.send({ type: "open" });
  const { type, data } = await peer.next();
  expect(type).toBe("open");
  const content: OpenPacket = JSON.parse(data);
  const session = wire.session(content.sid);
  const ended = new Promise<{ reason: CloseReason; description: unknown }>((resolve) => {
    session.once("close", (reason, description) => resolve({ reason, description }));
  });
  return { peer, session, open: content, ended };
}

/** Opens a WebTransport session for a session that there is. */
export async function candidate(wire: Wire, sid: string): Promise<WebTransportPeer> {
  const peer = await WebTransportPeer.connect(wire.engine);
  peer.send({ type: "open", data: JSON.stringify({ sid }) });
  return peer;
}

export async function probe(peer: WebTransportPeer): Promise<void> {
  peer.send({ type: "ping", data: "probe" });
  expect(await peer.next()).toEqual({ type: "pong", data: "probe" });
}

export function nextMessage(session: Session): Promise<unknown> {
  return new Promise((resolve) => session.once("message", resolve));
}
