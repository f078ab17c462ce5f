// A node in a process of its own: it says when it is ready, and when it has heard a number of messages.

import { RedisNode } from "./replay-node.ts";

const [port, count] = process.argv.slice(2).map(Number);
const node = new RedisNode(port ?? 0, "receiver");
await node.start(["a"]);
console.log("ready");
await node.until(() => node.heard("sender").length >= (count ?? 0));
console.log(
  JSON.stringify({ heard: node.heard("sender"), losses: node.losses, stats: node.replay.stats }),
);
node.stop();
