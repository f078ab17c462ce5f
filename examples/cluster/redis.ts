// Where Redis is: the one that is named, the one of this machine, or one that is started here.
import { Redis } from "ioredis";

export interface FoundRedis {
  url: string;
  stop(): Promise<void>;
}

const USUAL_URL = "redis://127.0.0.1:6379";

export async function findRedis(named: string | undefined): Promise<FoundRedis> {
  for (const url of named ? [named] : [USUAL_URL]) {
    if (await answers(url)) return { url, async stop() {} };
  }
  if (named) {
    throw new Error(`No Redis answers at ${named}, which REDIS_URL names.`);
  }
  return startOne();
}

async function answers(url: string): Promise<boolean> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  redis.on("error", () => {}); // it is told by connect() as well
  try {
    await redis.connect();
    await redis.ping();
    return true;
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}

async function startOne(): Promise<FoundRedis> {
  const program = Bun.which("redis-server");
  if (program === null) {
    throw new Error(
      `No Redis answers at ${USUAL_URL}. Start one (docker run -p 6379:6379 redis), install ` +
        "redis-server, or set REDIS_URL.",
    );
  }
  const probe = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = probe;
  probe.stop(true);
  const child = Bun.spawn(
    [program, "--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  const url = `redis://127.0.0.1:${port}`;
  while (child.exitCode === null && !(await answers(url))) await Bun.sleep(50);
  return {
    url,
    async stop() {
      child.kill();
      await child.exited;
    },
  };
}
