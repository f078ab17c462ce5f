// nginx in front: with what it does when it is told nothing but where to pass requests, and with the
// configuration of docs/hosting.md.

import { afterEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { ServerOptions, Socket as ServerSocket } from "bun-socket.io";
import type { Socket as ClientSocket } from "socket.io-client";
import { Clients, connected, once } from "../support/clients.ts";
import { HOSTS, type Running, TRANSPORTS } from "../support/hosts.ts";
import { type Nginx, startNginx } from "../support/nginx.ts";

const PROXY = "127.0.0.9"; // from which nginx connects to the server; clients come from 127.0.0.1
const FORGED = { "X-Forwarded-For": "192.0.2.1" };

const PAGE = readFileSync(`${import.meta.dir}/../../docs/hosting.md`, "utf8");

type Configure = (port: number, upstream: number) => string;

/** As nginx comes: HTTP/1.0 to the server, and none of the headers of an upgrade. */
const byDefault: Configure = (port, upstream) => `
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://127.0.0.1:${upstream}; proxy_bind ${PROXY}; }
  }`;

/** That of the page, on these ports. */
const byThePage: Configure = (port, upstream) => {
  const [, block = ""] = /## Behind nginx\n\n```nginx\n(.*?)```/s.exec(PAGE) ?? [];
  return block
    .replace(
      / +server 127\.0\.0\.1:3001;\n +server 127\.0\.0\.1:3002;/,
      `server 127.0.0.1:${upstream};`,
    )
    .replace("listen 80;", `listen 127.0.0.1:${port};\nproxy_bind ${PROXY};`);
};

describe.each(HOSTS.filter(({ name, isNode }) => name === "listen()" || isNode))(
  "behind nginx, $name",
  (host) => {
    const clients = new Clients();
    let running: Running | null = null;
    let nginx: Nginx | null = null;

    afterEach(async () => {
      clients.closeAll();
      await running?.close();
      await nginx?.stop();
      running = nginx = null;
    });

    /** The URL of nginx, and the sockets of those who connect. */
    async function start(configure: Configure, options: ServerOptions = {}) {
      const server = host.start(options);
      running = server;
      server.io.on("connection", (socket) => {
        socket.on("echo", (text, reply) => reply(text));
      });
      nginx = await startNginx((port) => configure(port, server.port));
      return `http://127.0.0.1:${nginx.port}`;
    }

    /** The socket of the only client. */
    function socketOf(client: ClientSocket): ServerSocket {
      const socket = running?.io.sockets.sockets.get(client.id ?? "");
      if (socket === undefined) throw new Error("the server has no socket for this client");
      return socket;
    }

    test("with nginx as it comes, clients are served over polling, and stay there", async () => {
      const url = await start(byDefault);
      const client = clients.make(url, { transports: ["polling", "websocket"] });
      const failed = new Promise<void>((resolve) => {
        client.io.once("open", () => client.io.engine.once("upgradeError", () => resolve()));
      });
      await connected(client);
      await failed;
      expect(await client.emitWithAck("echo", "still here")).toBe("still here");
      expect(client.io.engine.transport.name).toBe("polling");
      expect(socketOf(client).conn.transport.name).toBe("polling");
      expect(socketOf(client).handshake.address).toBe(PROXY);
    });

    test("with nginx as it comes, a client of WebSocket alone is told so", async () => {
      const url = await start(byDefault);
      const client = clients.make(url, { transports: ["websocket"] });
      const [error] = await once<[Error]>(client, "connect_error");
      expect(error.message).toBe("websocket error");
      expect(running?.io.engine.clientsCount).toBe(0);
    });

    describe.each(TRANSPORTS)("as the page says, over $name", ({ transports: names }) => {
      const transports = [...names];

      test("clients are served, and their address is nginx's", async () => {
        const url = await start(byThePage);
        const client = await clients.connect(url, { transports });
        expect(await client.emitWithAck("echo", "hello")).toBe("hello");
        expect(client.io.engine.transport.name).toBe(names.at(-1) ?? "");
        expect(socketOf(client).handshake.address).toBe(PROXY);
      });

      test("with trustProxy it is their own, whatever header they send", async () => {
        const url = await start(byThePage, { trustProxy: PROXY });
        for (const extraHeaders of [{}, FORGED]) {
          const client = await clients.connect(url, { transports, extraHeaders });
          expect(socketOf(client).handshake.address).toBe("127.0.0.1");
          expect(socketOf(client).conn.remoteAddress).toBe("127.0.0.1");
        }
      });

      test("a client that goes past nginx cannot forge its address", async () => {
        await start(byThePage, { trustProxy: PROXY });
        const client = await clients.connect(running?.url ?? "", {
          transports,
          extraHeaders: FORGED,
        });
        expect(socketOf(client).handshake.address).toBe("127.0.0.1");
      });
    });
  },
);
