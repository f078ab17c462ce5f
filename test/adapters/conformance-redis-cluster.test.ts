// The Redis adapters of this package on a Redis Cluster of three masters, by the suite for adapters.

import {
  CLASSIC,
  OwnSuite,
  SHARDED,
  SHARDED_PRIVATE,
  SHARDED_STATIC,
  STREAMS,
  WITHOUT_DEATHS,
} from "../support/fleet/own-suite.ts";

const suite = new OwnSuite(3);
for (const client of ["ioredis", "redis"] as const) {
  for (const kind of [CLASSIC, SHARDED, STREAMS]) {
    suite.test(kind, client, WITHOUT_DEATHS);
  }
}
suite.test(SHARDED, "ioredis-6", WITHOUT_DEATHS);
suite.test(SHARDED_STATIC, "redis", WITHOUT_DEATHS);
suite.test(SHARDED_PRIVATE, "ioredis-6", WITHOUT_DEATHS);
