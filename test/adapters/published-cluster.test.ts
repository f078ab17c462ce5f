// @socket.io/cluster-adapter, unchanged, on the server of this package: a primary and workers of
// node:cluster, all on Bun.

import { afterAll } from "bun:test";
import { testAdapter } from "bun-socket.io/adapter-tests";
import { OWN_SERVER, ProcessNodes } from "../support/fleet/process-nodes.ts";

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
