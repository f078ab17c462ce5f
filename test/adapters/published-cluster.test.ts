// @socket.io/cluster-adapter, unchanged, on the server of this package: a primary and workers of
// node:cluster, all on Bun.

import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import { testAdapter } from "bun-socket.io/adapter-tests";
import type { Socket as ClientSocket } from "socket.io-client";
import { Clients, once } from "../support/clients.ts";
import { OWN_SERVER, ProcessNodes } from "../support/fleet/process-nodes.ts";

const MAX_CLIENTS = 200;
const processes = new ProcessNodes();
afterAll(() => processes.stop(), 60_000);

testAdapter({
  name: "@socket.io/cluster-adapter",
  createNode: (request) => processes.start(OWN_SERVER, { kind: "cluster" }, request),
  supports: {
    earlyAckEnds: "it waits until the time of the request is over",
    allSockets: "it gives those of its own node",
    encodesAtOnce: "it waits until the message is on its way before it delivers on its own node",
    deafWhenClosed: "it goes on listening to the primary",
    silentWhenClosed: "it still sends",
  },
});

test("workers that listen on one port share its clients, which hear each other", async () => {
  const program = join(import.meta.dir, "../support/fleet/shared-port.ts");
  const child = Bun.spawn([process.execPath, program], { stdio: ["pipe", "pipe", "inherit"] });
  const clients = new Clients();
  try {
    let port = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      port += chunk;
      if (port.endsWith("\n")) {
        break;
      }
    }
    const url = `http://127.0.0.1:${port.trim()}`;
    const byWorker = new Map<unknown, ClientSocket>();
    // The kernel deals out the connections as it likes.
    for (let tries = 0; tries < MAX_CLIENTS && byWorker.size < 2; tries++) {
      const client = clients.make(url, { transports: ["websocket"], autoConnect: false });
      const worker = once(client, "worker");
      client.connect();
      byWorker.set((await worker)[0], client);
    }
    const [one, two] = [...byWorker.values()];
    if (one === undefined || two === undefined) {
      throw new Error("one worker has all clients");
    }
    const said = [one, two].map((client) => once(client, "said"));
    one.emit("to all", "hello");
    expect(await Promise.all(said)).toEqual([["hello"], ["hello"]]);
  } finally {
    clients.closeAll();
    void child.stdin.end();
    await child.exited;
  }
}, 30_000);
