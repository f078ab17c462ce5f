// Starts several processes on one port, with Redis between them: `bun run examples/cluster`.
import { availableParallelism } from "node:os";
import { findRedis } from "./redis.ts";

const { HOST = "127.0.0.1", OWN_PORTS, ADAPTER = "classic" } = process.env;
const port = Number(process.env.PORT ?? 3000) || freePort();
const count = Number(process.env.PROCESSES ?? Math.max(2, availableParallelism()));
const RESTART_MS = 500;

const redis = await findRedis(process.env.REDIS_URL);
console.log(`Redis: ${redis.url}`);

let isStopping = false;
const nodes = new Map<string, Bun.Subprocess>();
const ready = new Set<string>();

function start(id: string): void {
  const node = Bun.spawn([process.execPath, `${import.meta.dir}/node.ts`], {
    env: {
      ...process.env,
      NODE: id,
      HOST,
      ADAPTER,
      REDIS_URL: redis.url,
      // Behind nginx each process has a port of its own. Else all share one: the system gives each
      // new connection to one of those who listen there.
      PORT: `${OWN_PORTS ? port + Number(id) : port}`,
      SHARED: OWN_PORTS ? "" : "1",
    },
    stdio: ["ignore", "inherit", "inherit"],
    ipc(message) {
      console.log(`process ${id} (pid ${node.pid}) ${message}`);
      ready.add(id);
      if (ready.size === count) announce();
    },
    async onExit(_node, code, signal) {
      nodes.delete(id);
      if (isStopping) return;
      console.log(`process ${id} (pid ${node.pid}) ended (${signal ?? code}); starting it again`);
      await Bun.sleep(RESTART_MS); // not in a circle, should it end at once
      if (!isStopping) start(id);
    },
  });
  nodes.set(id, node);
}

let isAnnounced = false;
function announce(): void {
  if (isAnnounced) return;
  isAnnounced = true;
  const through = OWN_PORTS ? " through nginx (see nginx.conf)" : "";
  console.log(`${count} processes are ready${through}: http://localhost:${port}`);
  console.log("Open it in several tabs: they are on different processes. Ctrl+C stops it.");
}

for (let id = 1; id <= count; id++) start(`${id}`);

async function stop(): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  await Promise.all(
    [...nodes.values()].map((node) => {
      node.kill("SIGTERM");
      return node.exited;
    }),
  );
  await redis.stop();
  process.exit(0);
}
process.on("SIGINT", stop);
process.on("SIGTERM", stop);

/** A port that nobody uses: it has to be known before the processes share it. */
function freePort(): number {
  const probe = Bun.listen({ hostname: HOST, port: 0, socket: { data() {} } });
  probe.stop(true);
  return probe.port;
}
