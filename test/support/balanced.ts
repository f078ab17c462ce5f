// Two servers behind nginx, which sends a client elsewhere when the first takes no more.

import type { Server, ServerOptions } from "bun-socket.io";
import type { Host, Running } from "./hosts.ts";
import { startNginx } from "./nginx.ts";

/** Two servers and what is in front of them. */
export interface Balanced {
  /** Where clients connect to. */
  readonly url: string;
  /** Who gets the new sessions. */
  readonly first: Server;
  /** Who gets them when the first refuses. */
  readonly second: Server;
  stop(): Promise<void>;
}

/**
 * Starts them.
 *
 * @param host what both are hosted by
 * @param options of both
 */
export async function startBalanced(
  host: Host,
  options: () => ServerOptions = () => ({}),
): Promise<Balanced> {
  const start = (name: string): Running =>
    host.start({ ...options(), generateId: () => `${name}-${crypto.randomUUID()}` });
  const [first, second] = [start("first"), start("second")];
  const nginx = await startNginx((port) => configuration(port, first.port, second.port));
  return {
    url: `http://127.0.0.1:${nginx.port}`,
    first: first.io,
    second: second.io,
    async stop() {
      await Promise.all([first.close(), second.close()]);
      await nginx.stop();
    },
  };
}

function configuration(port: number, first: number, second: number): string {
  return `
  upstream nodes {
    server 127.0.0.1:${first} max_fails=0;
    server 127.0.0.1:${second} backup;
  }
  map $arg_sid $node {
    ~^first- 127.0.0.1:${first};
    ~^second- 127.0.0.1:${second};
    default nodes;
  }
  map $http_upgrade $connection_upgrade {
    default upgrade;
    "" "";
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://$node;
      proxy_next_upstream error timeout http_503;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_buffering off;
    }
  }`;
}
