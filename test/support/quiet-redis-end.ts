// A program with two nodes that closes all it has opened, and then has to end by itself.

import { Server } from "bun-socket.io";
import { createAdapter } from "bun-socket.io/redis";
import { Redis } from "ioredis";

const port = Number(process.argv[2]);
const connect = () => new Redis(port, "127.0.0.1");
const nodes = [0, 1].map(() => {
  const [pub, sub] = [connect(), connect()];
  return { pub, sub, io: new Server({ adapter: createAdapter(pub, sub) }) };
});
const [first, second] = nodes;
if (first === undefined || second === undefined) {
  throw new Error("there are no nodes");
}
await Promise.all(nodes.map(({ io }) => io.of("/").adapter.init()));
await new Promise<void>((resolve) => {
  second.io.on("hello", () => resolve());
  first.io.serverSideEmit("hello");
});
for (const { io, pub, sub } of nodes) {
  await io.close();
  await Promise.all([pub.quit(), sub.quit()]);
}
console.log("heard");
