// One of the processes. It knows nothing of the others but what Redis tells it.
import { Server } from "bun-socket.io";
import { createAdapter, createShardedAdapter, createStreamsAdapter } from "bun-socket.io/redis";
import { Redis } from "ioredis";

const {
  NODE = "1",
  PORT = "3000",
  HOST = "127.0.0.1",
  REDIS_URL = "",
  SHARED,
  ADAPTER,
} = process.env;
const isShared = SHARED === "1";

const redis = new Redis(REDIS_URL);
const connections = [redis];

function subscriber(): Redis {
  const connection = redis.duplicate();
  connections.push(connection);
  return connection;
}

const ADAPTERS = {
  classic: () => createAdapter(redis, subscriber()),
  sharded: () => createShardedAdapter(redis, subscriber()),
  streams: () => createStreamsAdapter(redis),
};
const makeAdapter = ADAPTERS[ADAPTER as keyof typeof ADAPTERS] ?? ADAPTERS.classic;

const io = new Server({
  adapter: makeAdapter(),
  // A session of polling needs its process. On a shared port nobody could send its next request to
  // the right one: WebSocket alone. Behind nginx the id of the session says whose it is.
  ...(isShared ? { transports: ["websocket"] } : {}),
  generateId: () => `${NODE}-${crypto.randomUUID()}`,
});

io.on("connection", async (socket) => {
  await socket.join(`process ${NODE}`);
  socket.emit("welcome", { node: NODE, pid: process.pid });
  announce();

  socket.on("say", (text: unknown) => {
    if (typeof text === "string" && text.length <= 200) {
      io.emit("said", { text, node: NODE }); // to the clients of all processes
    }
  });
  socket.on("count", async (reply: unknown) => {
    if (typeof reply === "function") reply(await countClients());
  });
  socket.on("crash", () => process.exit(1)); // to see what happens; not for production
  socket.on("disconnect", announce);
});

/** How many clients there are on all processes, and on this one. */
async function countClients() {
  return { all: await io.count(), here: await io.in(`process ${NODE}`).count(), node: NODE };
}

/** Tells the clients of all processes how many are here. */
function announce(): void {
  io.emit("clients", { node: NODE, pid: process.pid, count: io.sockets.sockets.size });
}

const page = Bun.file(new URL("index.html", import.meta.url));
const server = Bun.serve({
  port: Number(PORT),
  hostname: HOST,
  reusePort: isShared,
  ...io.handler({
    fetch: (request) =>
      new URL(request.url).pathname === "/"
        ? new Response(page)
        : new Response("Not found", { status: 404 }),
  }),
});
const heartbeat = setInterval(announce, 1_000); // for pages that came since, and counts that went
process.send?.(`listens on port ${server.port}`);

async function stop(): Promise<void> {
  clearInterval(heartbeat);
  // On a shared port the system gives new connections to the others from now on; nginx does so when it
  // gets the status 503. Those there are go on, and are sent elsewhere one after the other.
  if (isShared) void server.stop();
  const { sessions, cutSessions } = await io.drain({ timeoutMs: 6_000, spreadMs: 500 });
  console.log(`process ${NODE} sent ${sessions} sessions elsewhere, and cut ${cutSessions}`);
  await server.stop(true);
  for (const connection of connections) connection.disconnect();
  process.exit(0);
}
process.once("SIGTERM", stop);
process.on("SIGINT", () => {}); // the terminal sends it to all; the first process ends the others
process.once("disconnect", stop); // the first process is gone
