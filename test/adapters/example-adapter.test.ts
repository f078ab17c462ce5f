// The adapter of docs/adapters-writing.md passes the suite that the page tells of.

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { testAdapter } from "bun-socket.io/adapter-tests";
import { createAdapter } from "./example/broadcast-channel-adapter.ts";

testAdapter({
  name: "an adapter over BroadcastChannel",
  createNode: ({ fleet }) => ({
    adapter: createAdapter(fleet, { heartbeatInterval: 200, heartbeatTimeout: 1000 }),
  }),
  supports: {
    allSockets: "it gives those of its own node",
    deaths: "threads of one process die together",
    presence: true,
    recovery: "it keeps nothing",
  },
});

test("docs/adapters-writing.md shows this very adapter", () => {
  const page = readFileSync(join(import.meta.dir, "../../docs/adapters-writing.md"), "utf8");
  const source = readFileSync(
    join(import.meta.dir, "example/broadcast-channel-adapter.ts"),
    "utf8",
  );
  expect(page).toContain(`\`\`\`ts\n${source}\`\`\`\n`);
});
