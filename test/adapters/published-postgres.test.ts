// @socket.io/postgres-adapter, unchanged, on the server of this package.

import { afterAll, beforeAll } from "bun:test";
import { testAdapter } from "bun-socket.io/adapter-tests";
import type { AdapterConfig } from "../support/fleet/adapter-config.ts";
import { OWN_SERVER, ProcessNodes } from "../support/fleet/process-nodes.ts";
import { makePublished } from "../support/fleet/published-adapters.ts";
import { type PostgresServer, query, startPostgres } from "../support/postgres.ts";

let postgres: PostgresServer;
const processes = new ProcessNodes();
beforeAll(async () => {
  postgres = await startPostgres();
  await query(
    postgres,
    `CREATE TABLE socket_io_attachments (
      id bigserial UNIQUE, created_at timestamptz DEFAULT NOW(), payload bytea
    )`,
  );
}, 60_000);
afterAll(async () => {
  await processes.stop();
  await postgres.stop();
}, 60_000);

testAdapter({
  name: "@socket.io/postgres-adapter",
  createNode(request) {
    const { port, user } = postgres;
    const config: AdapterConfig = { kind: "postgres", port, user, key: request.fleet };
    return request.isMortal ? processes.start(OWN_SERVER, config, request) : makePublished(config);
  },
  supports: {
    order: "it sends over several connections at once",
    arrayBuffers: "its encoding makes them empty objects",
    encodesAtOnce: "it encodes when it has a connection",
    earlyAckEnds: "it waits until the time of the request is over",
    allSockets: "it gives those of its own node",
    silentWhenClosed: "it still sends",
  },
});
