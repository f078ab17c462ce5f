// The adapters of this package for a single node, by the suite for adapters.

import { Adapter, SessionAwareAdapter } from "bun-socket.io";
import { testAdapter } from "bun-socket.io/adapter-tests";

const ALONE = "it is for a single node";

testAdapter({
  name: "Adapter, in memory",
  nodes: 1,
  createNode: () => ({ adapter: Adapter }),
  supports: { serverSideEmit: ALONE, presence: true },
});

testAdapter({
  name: "SessionAwareAdapter",
  nodes: 1,
  createNode: () => ({ adapter: SessionAwareAdapter, options: { connectionStateRecovery: {} } }),
  supports: { serverSideEmit: ALONE, presence: true, recovery: true },
});
