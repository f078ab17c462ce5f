// A server under attack, in a process of its own: a crash of it is seen from outside. Its first
// argument is JSON: see `VictimSettings`. It tells its parent the port, then every failure that nobody
// caught, and answers what it is asked.

import { io as stockClient } from "socket.io-client";
import * as msgpack from "socket.io-msgpack-parser";
import type { Socket } from "bun-socket.io";
import { HOSTS } from "./hosts.ts";
import type { VictimSettings, VictimState } from "./victim.ts";

const settings: VictimSettings = JSON.parse(process.argv[2] ?? "{}");
const host = HOSTS.find(({ name }) => name === settings.host);
if (host === undefined) {
  throw new Error(`there is no host ${settings.host}`);
}
const tell = (message: object): void => {
  process.send?.(message);
};
const describe = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : `${error}`;
process.on("uncaughtException", (error) => tell({ failure: describe(error) }));
process.on("unhandledRejection", (error) => tell({ failure: describe(error) }));

const HESITATION_MS = 20;

const { io, port, url } = host.start({
  ...settings.options,
  ...(settings.isHesitant === true
    ? {
        async allowRequest({ url: path }) {
          await Bun.sleep(HESITATION_MS);
          return path?.includes("refused") !== true;
        },
      }
    : {}),
  ...(settings.msgpack === true ? { parser: msgpack } : {}),
});

let errors: string[] = [];
let reasons: string[] = [];
let refusals: string[] = [];
let events: string[] = [];

io.engine.on("connection_error", ({ code, context }) => {
  refusals.push(`${code} ${context.name ?? ""}`.trim());
});

function serve(socket: Socket): void {
  if (settings.isDeaf !== true) {
    socket.on("error", (error) => errors.push(error instanceof Error ? error.message : `${error}`));
  }
  socket.on("disconnect", (reason) => reasons.push(reason));
  socket.onAny((name) => events.push(`${typeof name} ${name}`.slice(0, 100)));
  socket.on("ask", (reply) => {
    if (typeof reply === "function") {
      reply("alive");
    }
  });
  socket.on("echo", (...args) => {
    const reply = args.at(-1);
    if (typeof reply === "function") {
      reply(...args.slice(0, -1));
    }
  });
  socket.on("relay", (...args) => {
    io.to("nobody").emit("relayed", ...args);
    socket.emit("relayed", ...args);
  });
  socket.on("join", (room) => socket.join(room));
  socket.on("owe", () => socket.emit("owed", () => events.push("acknowledged")));
  socket.on("owe binary", () => socket.emit("owed", Buffer.from([1]), () => events.push("acked")));
}

io.on("connection", serve);
io.of("/chat").on("connection", serve);
io.of(/^\/dynamic-/).on("connection", serve);
io.of("/slow").use(() => {}); // it never decides
io.of(/^\/slow-/).use(() => {});

// A session of the same process that goes on through all attacks, besides those of the tests.
const isStock = settings.msgpack !== true;
const local = stockClient(url, { transports: ["polling"], autoConnect: isStock });

function state(): VictimState {
  const memory = process.memoryUsage();
  const all = [...io._nsps.values()];
  const result: VictimState = {
    sessions: io.engine.clientsCount - (isStock ? 1 : 0),
    sockets: all.reduce((sum, { sockets }) => sum + sockets.size, 0) - (isStock ? 1 : 0),
    namespaces: all.length,
    rooms: all.reduce((sum, { adapter }) => sum + adapter.rooms.size, 0) - (isStock ? 1 : 0),
    errors,
    reasons,
    refusals,
    events,
    isPolluted: Reflect.ownKeys(Object.prototype).length !== OWN_KEYS || "polluted" in {},
    rssBytes: memory.rss,
    heapBytes: memory.heapUsed,
  };
  [errors, reasons, refusals, events] = [[], [], [], []];
  return result;
}

const OWN_KEYS = Reflect.ownKeys(Object.prototype).length;

process.on("message", (question) => {
  if (question === "state") {
    tell({ state: state() });
  }
});
process.on("disconnect", () => process.exit(0));

if (isStock) {
  local.once("connect", () => tell({ port, url }));
} else {
  tell({ port, url });
}
