// A redis-server of a test's own.

import { redisServerPath } from "./services.ts";

/** A running redis-server, without any file of its own. */
export interface RedisServer {
  port: number;
  stop(): Promise<void>;
}

const TRIES = 10;

/** Starts a redis-server on a free port of the loopback, and returns when it takes connections. */
export async function startRedis(): Promise<RedisServer> {
  for (let tries = 1; ; tries++) {
    try {
      return await startOnce();
    } catch (error) {
      // The port may have been taken between the probe and the start, where much is going on.
      if (tries === TRIES || !/in use/i.test(String(error))) {
        throw error;
      }
    }
  }
}

async function startOnce(): Promise<RedisServer> {
  const probe = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = probe;
  probe.stop(true);
  const child = Bun.spawn(
    [
      redisServerPath(),
      "--port",
      `${port}`,
      "--bind",
      "127.0.0.1",
      "--save",
      "",
      "--daemonize",
      "no",
    ],
    { stdout: "pipe", stderr: "inherit", stdin: "ignore" },
  );
  let output = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    output += chunk;
    if (/ready to accept connections/i.test(output)) {
      return {
        port,
        async stop() {
          child.kill();
          await child.exited;
        },
      };
    }
  }
  throw new Error(`redis-server ended before it was ready:\n${output}`);
}
