// The Redis adapters of this package with the other Redis clients, by the suite for adapters.

import {
  CLASSIC,
  OwnSuite,
  SHARDED,
  SHARDED_PRIVATE,
  SHARDED_STATIC,
  STREAMS,
  WITHOUT_DEATHS,
} from "../support/fleet/own-suite.ts";

const suite = new OwnSuite();
for (const client of ["ioredis-6", "redis"] as const) {
  for (const kind of [CLASSIC, SHARDED, SHARDED_STATIC, SHARDED_PRIVATE, STREAMS]) {
    suite.test(kind, client, WITHOUT_DEATHS);
  }
}
suite.test(SHARDED, "redis-5", WITHOUT_DEATHS);
suite.test(CLASSIC, "redis-4", WITHOUT_DEATHS);
suite.test(STREAMS, "redis-4", WITHOUT_DEATHS);
