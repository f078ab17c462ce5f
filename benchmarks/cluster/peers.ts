// Whom the benchmarks over Redis compare.

import type { Mode, NodeSettings } from "../../chaos/server/protocol.ts";

/** A package in one mode. */
export interface Peer {
  name: string;
  package: NodeSettings["package"];
  /** `none`: no adapter and no other node. */
  mode: NodeSettings["mode"];
  clientOptions: NodeSettings["clientOptions"];
  /** Of the adapter. */
  adapterOptions?: NodeSettings["adapterOptions"];
  /** The name of the peer of the reference that it is compared with. */
  against?: string;
}

const modes: readonly Mode[] = ["classic", "sharded", "streams"];
const pipelined = { enableAutoPipelining: true };

function peer(name: Peer["package"], mode: Mode, isPipelined: boolean): Peer {
  const suffix = isPipelined ? ", auto-pipelining" : "";
  return {
    name: `${name} ${mode}${suffix}`,
    package: name,
    mode,
    clientOptions: isPipelined ? pipelined : {},
    ...(name === "bun-socket.io" ? { against: `socket.io ${mode}` } : {}),
  };
}

/** All of them, the reference on Bun. */
export const PEERS: readonly Peer[] = [
  ...modes.map((mode) => peer("socket.io", mode, false)),
  ...modes.map((mode) => peer("socket.io", mode, true)),
  ...modes.map((mode) => peer("bun-socket.io", mode, false)),
  {
    ...peer("bun-socket.io", "streams", false),
    name: "bun-socket.io streams, bundle: false",
    adapterOptions: { bundle: false },
  },
  { name: "socket.io, no adapter", package: "socket.io", mode: "none", clientOptions: {} },
  {
    name: "bun-socket.io, no adapter",
    package: "bun-socket.io",
    mode: "none",
    clientOptions: {},
    against: "socket.io, no adapter",
  },
];

/** Whether a peer is meant by a word: a package by its whole name, else by a part of it. */
export function isNamed(peer: Peer, word: string): boolean {
  return word === "socket.io" ? peer.package === word : peer.name.includes(word);
}
