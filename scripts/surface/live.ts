// One of everything, alive: what is to be looked at by reflection.

import { io as connect } from "socket.io-client";
import type { Host } from "../../test/support/hosts.ts";

/** What the two packages have one of, under names of our own. */
export type Things = Map<string, object>;

export interface Live {
  things: Things;
  /** The events that adapters emit, in the order in which they came. */
  adapterEvents: Set<string>;
  /** The events that sockets may not send. */
  reserved: Set<string>;
  /** What options are set to when none is given, where that can be read. */
  defaults: Map<string, unknown>;
}

const ADAPTER_EVENTS = ["create-room", "delete-room", "join-room", "leave-room"];
const CANDIDATES = [
  "connect",
  "connect_error",
  "connection",
  "disconnect",
  "disconnecting",
  "error",
  "message",
  "new_namespace",
  "newListener",
  "removeListener",
];

/** What `make` makes, or nothing where the package says that it cannot. */
function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_UNSUPPORTED") {
      return undefined;
    }
    throw error;
  }
}

function isReserved(send: () => unknown): boolean {
  try {
    send();
    return false;
  } catch {
    return true; // what a reserved name is answered with; every other name is sent
  }
}

/** The adapter of a server that recovers sessions. */
function recoveringAdapter(host: Host): object | undefined {
  const running = attempt(() => host.start({ connectionStateRecovery: {} } as object));
  const adapter = running?.io.sockets.adapter;
  running?.close();
  return adapter;
}

/** Starts a server on the host, connects to it, looks around, and stops it. */
export async function lookAt(host: Host): Promise<Live> {
  const things: Things = new Map();
  const { io, url, close } = host.start();
  const polling = Promise.withResolvers<object>();
  io.engine.on("connection", (conn: { transport: object }) => polling.resolve(conn.transport));
  const adapterEvents = new Set<string>();
  for (const event of ADAPTER_EVENTS) {
    io.sockets.adapter.on(event, () => adapterEvents.add(event));
  }
  const connected = new Promise<import("bun-socket.io").Socket>((resolve) => {
    io.on("connection", resolve);
  });
  const client = connect(url, { forceNew: true });
  const socket = await connected;
  if (socket.conn.transport.name !== "websocket") {
    await new Promise<void>((resolve) => socket.conn.once("upgrade", () => resolve()));
  }
  await socket.join("a room");
  await socket.leave("a room");
  const [remote] = await io.fetchSockets();

  const reserved = new Set(CANDIDATES.filter((name) => isReserved(() => socket.emit(name))));
  const dynamic = attempt(() => io.of(/^\/dynamic/ as unknown as string));
  const recovering = recoveringAdapter(host);
  const found: Record<string, object | undefined> = {
    Server: io,
    Namespace: io.sockets,
    ParentNamespace: dynamic,
    Socket: socket,
    Handshake: socket.handshake,
    BroadcastOperator: io.to("a room"),
    RemoteSocket: remote,
    Client: socket.client,
    Adapter: io.sockets.adapter,
    SessionAwareAdapter: recovering,
    "Engine.IO server": io.engine,
    "Engine.IO socket": socket.conn,
    "WebSocket transport": socket.conn.transport,
    "Polling transport": await polling.promise,
  };
  for (const [name, thing] of Object.entries(found)) {
    if (thing !== undefined) things.set(name, thing);
  }
  const defaults = new Map<string, unknown>(Object.entries(io.engine.opts));
  for (const name of ["path", "serveClient", "connectTimeout"] as const) {
    defaults.set(name, io[name]());
  }
  client.disconnect();
  await close();
  return { things, adapterEvents, reserved, defaults };
}
