// A cluster of node:cluster whose workers listen on one port: prints that port when all do.

import cluster from "node:cluster";
import { createAdapter, setupPrimary } from "@socket.io/cluster-adapter";
import { Server } from "bun-socket.io";
import { freePort } from "../redis.ts";

const WORKERS = 2;

if (cluster.isPrimary) {
  setupPrimary();
  const port = freePort();
  let listening = 0;
  cluster.on("message", (_worker, message) => {
    if (message === "listens") {
      listening++;
      if (listening === WORKERS) {
        console.log(port);
      }
    }
  });
  for (let count = 0; count < WORKERS; count++) {
    cluster.fork({ FLEET_PORT: String(port) });
  }
  process.stdin.resume().on("end", () => process.exit(0));
} else {
  const io = new Server(Number(process.env.FLEET_PORT), { adapter: createAdapter() });
  io.on("connection", (socket) => {
    socket.emit("worker", process.pid);
    socket.on("to all", (text) => io.emit("said", text));
  });
  process.on("disconnect", () => process.exit(0));
  // As soon as they know each other.
  const wait = async (): Promise<void> => {
    while ((await io.of("/").adapter.serverCount()) < WORKERS) {
      await Bun.sleep(5);
    }
    process.send?.("listens");
  };
  void wait();
}
