// The primary of a fleet of node:cluster: forks a worker for each line of its input, which is the
// worker's settings, and ends when its input does.

import cluster from "node:cluster";
import { createInterface } from "node:readline";
import { setupPrimary } from "@socket.io/cluster-adapter";
import { SETTINGS } from "./node-settings.ts";

cluster.setupPrimary({ exec: process.argv[2] ?? "", serialization: "advanced" });
setupPrimary();
const input = createInterface({ input: process.stdin });
input.on("line", (settings) => {
  cluster.fork({ [SETTINGS]: settings });
});
input.on("close", () => process.exit(0));
