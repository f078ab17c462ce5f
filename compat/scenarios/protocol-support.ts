// What the scenarios of the protocol share.

import type { Peer, PeerOptions } from "../peer.ts";
import type { Anything, ClientTools, CompatServer } from "../scenario.ts";

/** The transport of a scenario to which the transport is no matter. */
export const WS: PeerOptions = { transports: ["websocket"] };

/** Has every socket of a namespace answer the event `ping` with `pong` and the namespace's name. */
export function answerPings(namespace: CompatServer | Anything): void {
  namespace.on("connection", (socket: Anything) => {
    socket.on("ping", (reply: (...answer: unknown[]) => void) => reply("pong", socket.nsp.name));
  });
}

/** Rooms as they can be compared: a socket's own as "(its own)". */
export function roomsOf(socket: Anything): unknown[] {
  return [...socket.rooms].map((room: unknown) => (room === socket.id ? "(its own)" : room));
}

/**
 * A stock client with an open connection to the engine and no namespace: the scenario says what goes
 * over it with `write`.
 */
export async function openBare(t: ClientTools, name: string): Promise<Peer> {
  const peer = t.client(name, { ...WS, autoConnect: false });
  const manager = peer.socket.io;
  await new Promise<void>((resolve, reject) => {
    manager.open((error?: Error) => (error ? reject(error) : resolve()));
  });
  return peer;
}

/** Sends messages as they are, without the client's encoder. */
export function write(peer: Peer, ...messages: (string | Uint8Array)[]): void {
  for (const message of messages) {
    peer.socket.io.engine.write(message);
  }
}

/** Resolves when the client's connection has ended, with the reason; to be called before it does. */
export function ended(peer: Peer): Promise<string> {
  return new Promise((resolve) => {
    peer.socket.io.once("close", (reason: string) => {
      peer.log("connection ended", reason);
      resolve(reason);
    });
  });
}

/** Sends a `ping` as a packet of its own and waits for its answer; for `answerPings`. */
export async function pingBare(peer: Peer, namespace = "/"): Promise<void> {
  const prefix = namespace === "/" ? "" : `${namespace},`;
  const answered = heard(peer, `3${prefix}777[`);
  write(peer, `2${prefix}777["ping"]`);
  await answered;
}

/** Resolves with the next message that begins so. */
export function heard(peer: Peer, start: string): Promise<void> {
  const { engine } = peer.socket.io;
  return new Promise((resolve) => {
    const onMessage = (message: unknown): void => {
      if (typeof message === "string" && message.startsWith(start)) {
        engine.off("message", onMessage);
        resolve();
      }
    };
    engine.on("message", onMessage);
  });
}

/** Sends a CONNECT and waits for its answer. */
export async function connectBare(peer: Peer, packet = "0"): Promise<void> {
  const answered = heard(peer, packet.split("{")[0] ?? packet);
  write(peer, packet);
  await answered;
}
