// What is written of a server without a scenario's doing: the life of its sockets, the events they
// get, and the errors of the engine.

import { renderLine } from "../render.ts";
import type { Anything, CompatServer } from "../scenario.ts";
import type { Report } from "./protocol.ts";

type Say = (report: Report) => void;

export const LOG = "server: log";
export const ENGINE = "server: engine";
export const SOCKET = "server: socket";

/** Writes a line of the section of one socket. */
export function sayOfSocket(say: Say, socket: Anything, what: string, details: unknown[]): void {
  say({ say: "line", section: SOCKET, socket: socket.id, text: renderLine(what, details) });
}

/** Taps a server; `recovers` says whether packets get offsets. */
export function tapServer(io: CompatServer, say: Say, recovers: boolean): void {
  tapEngine(io.engine, say);
  const tapped = new Set<string>();
  const tapNamespace = (namespace: Anything): void => {
    if (tapped.has(namespace.name)) {
      return;
    }
    tapped.add(namespace.name);
    namespace.on("connection", (socket: Anything) => tapSocket(socket, say));
    if (recovers) {
      tapOffsets(namespace.adapter, say);
    }
  };
  tapNamespace(io.of("/"));
  // Those that exist, and those to come.
  for (const namespace of io._nsps.values()) {
    tapNamespace(namespace);
  }
  io.on("new_namespace", tapNamespace);
}

/** The engine appears with the HTTP server, or when the server listens. */
function tapEngine(engine: Anything, say: Say): void {
  engine?.on("connection_error", ({ code, message, context }: Anything) => {
    // What a context holds beside these is an object of the host's.
    const { name, transport, method, protocol, sid, message: inner } = context ?? {};
    const known = { name, transport, method, protocol, sid, message: inner };
    const shown = Object.entries(known).filter(([, value]) => value !== undefined);
    say({
      say: "line",
      section: ENGINE,
      text: renderLine("connection_error", [code, message, Object.fromEntries(shown)]),
    });
  });
}

function tapSocket(socket: Anything, say: Say): void {
  const line = (what: string, ...details: unknown[]): void =>
    sayOfSocket(say, socket, what, details);
  line("connection", socket.nsp.name, ...(socket.recovered ? ["recovered"] : []));
  socket.onAny((...event: unknown[]) => line("got", ...event));
  // The id of a socket is random: sorted by it, the list would change from run to run.
  const rooms = (): unknown[] =>
    [...socket.rooms].map((room) => (room === socket.id ? "(its own)" : room)).sort();
  socket.on("disconnecting", (reason: string) => line("disconnecting", reason, rooms()));
  socket.on("disconnect", (reason: string) => line("disconnect", reason, rooms()));
}

/** An adapter with recovery puts an offset behind the arguments of what it broadcasts. */
function tapOffsets(adapter: Anything, say: Say): void {
  const broadcast = adapter.broadcast;
  adapter.broadcast = function tapped(packet: Anything, ...rest: unknown[]): unknown {
    const length = packet.data?.length;
    const result = broadcast.call(adapter, packet, ...rest);
    const tell = (): void => {
      if (length !== undefined && packet.data.length > length) {
        say({ say: "offset", value: String(packet.data.at(-1)) });
      }
    };
    tell();
    // An adapter of several nodes has to ask for it first.
    result?.then?.(tell);
    return result;
  };
}
