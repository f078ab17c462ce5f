// All clients of a server come back at the same moment.

import { expect, test } from "bun:test";
import { Clients } from "../support/clients.ts";
import { HOSTS } from "../support/hosts.ts";
import { LineReader } from "../../scripts/lines.ts";

const CLIENTS = 5_000;
const RUN_MS = 60_000;
const PROGRAM = `${import.meta.dir}/../support/storm-clients.ts`;

test.each(HOSTS.filter(({ name, isNode }) => name === "listen()" || isNode))(
  "5,000 clients that are cut and reconnect at once are all served again ($name)",
  async (host) => {
    const { io, url, close } = host.start();
    io.on("connection", (socket) => {
      socket.on("echo", (text, reply) => reply(text));
    });
    const clients = new Clients();
    const child = Bun.spawn([process.execPath, PROGRAM, url, String(CLIENTS)], {
      stdout: "pipe",
      stderr: "inherit",
    });
    try {
      const lines = new LineReader(child.stdout);
      expect(await lines.next()).toBe("joined");
      const other = await clients.connect(url, { transports: ["websocket"] });
      const own = other.id;
      for (const [id, { conn }] of [...io.sockets.sockets]) {
        if (id !== own) conn.close();
      }
      const echo = other.emitWithAck("echo", "in the midst of it");
      expect(await lines.next()).toBe("joined");
      expect(await echo).toBe("in the midst of it");
      expect(other.id).toBe(own ?? "");
      expect(io.sockets.sockets.size).toBe(CLIENTS + 1);
      io.emit("news");
      expect(await lines.next()).toBe("heard");
      expect(io.engine.clientsCount).toBe(CLIENTS + 1);
    } finally {
      clients.closeAll();
      child.kill("SIGKILL");
      await child.exited;
      await close();
    }
    expect([io.sockets.sockets.size, io.engine.clientsCount]).toEqual([0, 0]);
    expect([io.sockets.adapter.rooms.size, io.sockets.adapter.sids.size]).toEqual([0, 0]);
  },
  RUN_MS,
);
