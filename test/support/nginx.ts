// An nginx of a test's own.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nginxPath } from "./services.ts";

const READY_MS = 10_000;

/** A running nginx. */
export interface Nginx {
  stop(): Promise<void>;
}

/**
 * Starts nginx in the foreground, and returns when it takes connections.
 *
 * @param site what stands in a file of /etc/nginx/conf.d/
 * @param port one of the ports that it listens on, at 127.0.0.1
 */
export async function startNginx(site: string, port: number): Promise<Nginx> {
  const directory = mkdtempSync(join(tmpdir(), "nginx-"));
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${directory}/${name};`)
    .join("\n");
  const config = `daemon off;
worker_processes 1;
pid ${directory}/pid;
error_log stderr warn;
events {}
http {
  access_log off;
  ${temporary}
  ${site}
}
`;
  await Bun.write(join(directory, "nginx.conf"), config);
  const child = Bun.spawn([nginxPath(), "-p", directory, "-e", "stderr", "-c", "nginx.conf"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const complaints = new Response(child.stderr).text(); // of processes that a test ends, many
  const end = Date.now() + READY_MS;
  while (!(await accepts(port))) {
    if (child.exitCode !== null || Date.now() > end) {
      child.kill("SIGKILL");
      throw new Error(`nginx did not start:\n${await complaints}`);
    }
    await Bun.sleep(10);
  }
  return {
    async stop() {
      child.kill("SIGTERM");
      await child.exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A port that nobody uses: nginx has to be told one. */
export function freePort(): number {
  const probe = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  probe.stop(true);
  return probe.port;
}

async function accepts(port: number): Promise<boolean> {
  try {
    const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
    socket.end();
    return true;
  } catch {
    return false;
  }
}
