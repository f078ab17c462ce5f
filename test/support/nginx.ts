// An nginx of a test's own.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nginxPath } from "./services.ts";

const READY_MS = 10_000;
const ANSWER_MS = 1_000;

/** A running nginx. */
export interface Nginx {
  /** The port that its site was made for. */
  readonly port: number;
  stop(): Promise<void>;
}

const TRIES = 5;

/**
 * Starts nginx in the foreground, and returns when it takes connections.
 *
 * @param site makes what stands in a file of /etc/nginx/conf.d/, for a port of 127.0.0.1
 * @param port the port. Default: a free one.
 */
export async function startNginx(site: (port: number) => string, port?: number): Promise<Nginx> {
  for (let tries = 1; ; tries++) {
    const chosen = port ?? freePort();
    try {
      return await start(site(chosen), chosen);
    } catch (error) {
      // Somebody else may have taken the port by then, such as another test's nginx.
      if (port !== undefined || tries === TRIES || !/in use/i.test(String(error))) {
        throw error;
      }
    }
  }
}

async function start(site: string, port: number): Promise<Nginx> {
  const directory = mkdtempSync(join(tmpdir(), "nginx-"));
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${directory}/${name};`)
    .join("\n");
  // Somebody else may answer at the port, and it tries for a while to get it: it serves at its own socket
  // when it has all.
  const ready = join(directory, "ready");
  const config = `daemon off;
worker_processes 1;
pid ${directory}/pid;
error_log stderr warn;
events {}
http {
  access_log off;
  ${temporary}
  ${site}
  server {
    listen unix:${ready};
    return 204;
  }
}
`;
  await Bun.write(join(directory, "nginx.conf"), config);
  const child = Bun.spawn([nginxPath(), "-p", directory, "-e", "stderr", "-c", "nginx.conf"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const complaints = new Response(child.stderr).text(); // of processes that a test ends, many
  const end = Date.now() + READY_MS;
  while (!(await serves(ready))) {
    if (child.exitCode !== null || Date.now() > end) {
      child.kill("SIGKILL");
      throw new Error(`nginx did not start:\n${await complaints}`);
    }
    await Bun.sleep(10);
  }
  return {
    port,
    async stop() {
      child.kill("SIGTERM");
      await child.exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A port that nobody uses: nginx has to be told one. */
function freePort(): number {
  const probe = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  probe.stop(true);
  return probe.port;
}

async function serves(unix: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(ANSWER_MS);
    return (await fetch("http://nginx/", { unix, signal, keepalive: false })).status === 204;
  } catch {
    return false;
  }
}
