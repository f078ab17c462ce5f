// The server of a soak run, in a process of its own. It tells its parent its address, and counts what
// is there when it is asked.

import { heapStats } from "bun:jsc";
import { once } from "node:events";
import { createServer } from "node:http";
import { Server, type Socket } from "bun-socket.io";
import type { Sample } from "./sample.ts";

const QUIET_MS = 15_000;
const isFaulty = process.argv.includes("--faulty");

const io = new Server({
  pingInterval: 1_500,
  pingTimeout: 1_500,
  connectTimeout: 1_500,
  upgradeTimeout: 1_500,
  allowEIO3: true,
  cleanupEmptyChildNamespaces: true,
  perMessageDeflate: false,
});

/** What a host has left, and where it listens. */
interface Site {
  port: number;
  webSockets(): number;
  requests(): number;
  /** WebSockets that are subscribed to what was published to, since it was asked last. */
  subscribers(): number;
}

function onBun(): Site {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", ...io.handler() });
  const topics = new Set<string>();
  const publish = server.publish.bind(server);
  server.publish = (topic, data, compress) => {
    topics.add(topic);
    return publish(topic, data, compress);
  };
  return {
    port: server.port ?? 0,
    webSockets: () => server.pendingWebSockets,
    requests: () => server.pendingRequests,
    subscribers() {
      let sum = 0;
      for (const topic of topics) {
        sum += server.subscriberCount(topic);
      }
      topics.clear();
      return sum;
    },
  };
}

/** It counts no WebSockets and has no topics: sessions and the garbage collector tell of them. */
async function onNode(): Promise<Site> {
  const server = createServer();
  io.attach(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { port, webSockets: () => 0, requests: () => 0, subscribers: () => 0 };
}

const site = process.argv.includes("--node") ? await onNode() : onBun();

// Sockets, sessions, and callbacks of acknowledgements that nobody can reach any more are told here.
let made = 0;
let collected = 0;
const registry = new FinalizationRegistry<null>(() => collected++);
function watch(object: object): void {
  made++;
  registry.register(object, null);
}

/** What `--faulty` keeps, so that a test sees that it is found. */
const leaked: unknown[] = [];

io.engine.on("connection", watch);

let connections = 0;
function serve(socket: Socket): void {
  connections++;
  watch(socket);
  socket.join(["all", `room ${connections % 20}`]);
  socket.on("question", (text, reply) => reply(text));
  socket.on("owe", (count: number) => {
    for (let index = 0; index < count; index++) {
      const onAnswer = (): void => {};
      watch(onAnswer);
      socket.emit("owed", index, onAnswer);
      socket.timeout(500).emit("owed", index, () => onAnswer());
    }
  });
  socket.on("tell all", () => io.to("all").emit("told", connections));
  socket.on("ask all", () => {
    const onAnswers = (): void => {};
    watch(onAnswers);
    io.to("all").timeout(500).emit("asked", onAnswers);
  });
  socket.on("leave", (how) => {
    if (how === "session") {
      socket.conn.close();
    } else {
      socket.disconnect(how === "connection");
    }
  });
  if (isFaulty) {
    leaked.push(
      socket,
      setInterval(() => {}, 1_000_000),
    );
  }
}

io.on("connection", serve);
io.of("/chat").on("connection", serve);
io.of(/^\/room-\d+$/).on("connection", serve);

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function isQuiet(): boolean {
  const namespaces = [...io._nsps.values()];
  return (
    io.engine.clientsCount === 0 &&
    site.webSockets() === 0 &&
    namespaces.every(({ sockets }) => sockets.size === 0)
  );
}

async function sample(): Promise<Sample> {
  const start = performance.now();
  while (!isQuiet() && performance.now() - start < QUIET_MS) {
    await pause(20);
  }
  await pause(600); // what was asked with timeout() is over by then
  for (let round = 0; round < 4; round++) {
    Bun.gc(true);
    await pause(10); // what finalizers have let go of is collected in the next round
  }
  const namespaces = [...io._nsps.values()];
  const sum = (count: (namespace: (typeof namespaces)[number]) => number) =>
    namespaces.reduce((total, namespace) => total + count(namespace), 0);
  const { objectCount, objectTypeCounts, heapSize } = heapStats();
  return {
    connections,
    sessions: io.engine.clientsCount,
    webSockets: site.webSockets(),
    requests: site.requests(),
    sockets: sum(({ sockets }) => sockets.size),
    namespaces: namespaces.length,
    rooms: sum(({ adapter }) => adapter.rooms.size + adapter.sids.size),
    subscribers: site.subscribers(),
    timers: objectTypeCounts.Timeout ?? 0,
    uncollected: made - collected,
    objects: objectCount,
    heapBytes: heapSize,
    rssBytes: process.memoryUsage.rss(),
  };
}

process.on("message", (question) => {
  if (question === "sample") {
    void sample().then((answer) => process.send?.({ sample: answer }));
  }
});
process.on("disconnect", () => process.exit(0));
process.send?.({ url: `http://127.0.0.1:${site.port}` });
