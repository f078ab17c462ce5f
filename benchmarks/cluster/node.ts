// One node of a benchmark: a server with an adapter.

import { createInterface } from "node:readline";
import { NODE_SETTINGS, type NodeSettings } from "../../chaos/server/protocol.ts";
import { type ChaosServer, startOurs, startReference } from "../../chaos/server/start.ts";
import { type Command, EVENT } from "./protocol.ts";

interface BenchServer extends ChaosServer {
  to(room: string): { emit(event: string, ...args: unknown[]): unknown };
  in(room: string): { fetchSockets(): Promise<unknown[]>; count?(): Promise<number> };
}

interface BenchSocket {
  on(event: "relay", listener: (payload: string) => void): unknown;
  on(event: "join", listener: (rooms: string[], reply: () => void) => void): unknown;
  join(rooms: string[]): unknown;
}

const settings = JSON.parse(process.env[NODE_SETTINGS] ?? "") as NodeSettings;
const start = settings.package === "bun-socket.io" ? startOurs : startReference;
const started = await start(settings);
const io = started.io as BenchServer;
let timer: ReturnType<typeof setInterval> | undefined;
let nextRoom = 0;

function batch(count: number, rooms: number, payload: string): void {
  for (let i = 1; i < count; i++) {
    if (rooms > 0) io.to(`elsewhere-${nextRoom++ % rooms}`).emit(EVENT, payload);
    else io.emit(EVENT, payload);
  }
  io.emit(EVENT, payload);
}

function steady(perSecond: number, payload: string): void {
  const start = performance.now();
  let made = 0;
  const one = (): void => {
    const due = ((performance.now() - start) * perSecond) / 1000;
    if (made >= due) return;
    made++;
    io.emit(EVENT, payload);
    setImmediate(one); // whatever else is due has a turn of its own
  };
  timer = setInterval(one, 1);
}

async function ask(question: Extract<Command, { do: "ask" }>["question"], room: string) {
  const at = performance.now();
  const operator = io.in(room);
  let count = 0;
  if (question === "count") {
    count = operator.count ? await operator.count() : (await operator.fetchSockets()).length;
  } else if (question === "fetchSockets") {
    count = (await operator.fetchSockets()).length;
  } else if (question === "watch") {
    count = await watch(Number(room));
  }
  console.log(`done ${count} ${performance.now() - at}`);
}

/** Listens for rooms that become occupied, until that many are. */
function watch(rooms: number): Promise<number> {
  const { adapter } = io.of("/") as {
    adapter: { on(event: "occupied", listener: () => void): unknown };
  };
  return new Promise((resolve) => {
    let seen = 0;
    adapter.on("occupied", () => {
      if (++seen === rooms) resolve(seen);
    });
  });
}

function handle(command: Command): void {
  if (command.do === "batch") batch(command.count, command.rooms, command.payload);
  else if (command.do === "steady") steady(command.perSecond, command.payload);
  else if (command.do === "ask") void ask(command.question, command.room);
  else clearInterval(timer);
}

io.on("connection", ((socket: BenchSocket) => {
  socket.on("relay", (payload) => io.emit(EVENT, payload));
  socket.on("join", (rooms, reply) => {
    socket.join(rooms);
    reply();
  });
}) as (...args: never[]) => void);

const input = createInterface({ input: process.stdin });
input.on("line", (line) => handle(JSON.parse(line) as Command));
input.on("close", () => process.exit(0));
console.log(`port ${started.port}`);
