// The Redis adapters of this package in all their modes, by the suite for adapters.

import {
  CLASSIC,
  CLASSIC_DYNAMIC,
  CLASSIC_PRIVATE,
  OwnSuite,
  SHARDED,
  SHARDED_PRIVATE,
  SHARDED_STATIC,
  STREAMS,
  WITHOUT_DEATHS,
} from "../support/fleet/own-suite.ts";

const suite = new OwnSuite();
for (const kind of [CLASSIC, SHARDED, STREAMS]) {
  suite.test(kind, "ioredis");
}
for (const kind of [CLASSIC_DYNAMIC, CLASSIC_PRIVATE, SHARDED_STATIC, SHARDED_PRIVATE]) {
  suite.test(kind, "ioredis", WITHOUT_DEATHS);
}
