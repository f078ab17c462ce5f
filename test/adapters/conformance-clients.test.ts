// The Redis adapters of this package with the other Redis clients, by the suite for adapters.

import { CLASSIC, OwnSuite, SHARDED, STREAMS, WITHOUT_DEATHS } from "../support/fleet/own-suite.ts";

const suite = new OwnSuite();
for (const client of ["ioredis-6", "redis", "redis-5", "redis-4"] as const) {
  for (const kind of [CLASSIC, SHARDED, STREAMS]) {
    suite.test(kind, client, WITHOUT_DEATHS);
  }
}
