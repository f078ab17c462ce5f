// The same program for every Socket.IO server: BENCH_SERVER names which, BENCH_METRICS whether this
// package is to count what comes in (incoming), or all. It prints its port.

import type { AddressInfo } from "node:net";
import { collectOnDemand } from "./collect.ts";
import { watchEventLoop } from "./event-loop.ts";

const name = process.env.BENCH_SERVER ?? "bun-socket.io";
const metrics = process.env.BENCH_METRICS;
const OPTIONS = { pingInterval: 300_000 }; // no run is as long: nothing but the load is measured

interface Target {
  emit(event: string, ...args: unknown[]): unknown;
}

interface BenchSocket extends Target {
  handshake: { auth: { room?: string } };
  on(event: string, listener: (...args: never[]) => void): unknown;
  join(room: string): unknown;
  to(room: string): Target;
}

interface BenchServer extends Target {
  on(event: "connection", listener: (socket: never) => void): unknown;
  except(room: string): Target;
}

function serve(io: BenchServer): void {
  io.on("connection", (socket: BenchSocket) => {
    const { room } = socket.handshake.auth;
    if (room !== undefined) socket.join(room);
    socket.on("echo", (payload: unknown) => socket.emit("echo", payload));
    socket.on("ack", (payload: unknown, reply: (payload: unknown) => void) => reply(payload));
    socket.on("all", (payload: unknown) => io.emit("all", payload));
    socket.on("room", (payload: unknown) => socket.to(room as string).emit("room", payload));
    socket.on("except", (payload: unknown) => io.except("quiet").emit("all", payload));
  });
}

const portOf = (address: AddressInfo | string | null | undefined): unknown =>
  typeof address === "object" ? address?.port : address;

if (name === "bun-socket.io") {
  const { Server } = await import("bun-socket.io");
  const io = new Server({ ...OPTIONS, hostname: "127.0.0.1" });
  if (metrics !== undefined) {
    const { collectMetrics } = await import("bun-socket.io/metrics");
    collectMetrics(io, { outgoing: metrics === "all" });
  }
  serve(io as BenchServer);
  io.listen(0);
  console.log(`port ${portOf(io.httpServer?.address())}`);
} else if (name === "bun-engine") {
  const { Server } = await import("socket.io");
  const { Server: Engine } = await import("@socket.io/bun-engine");
  const io = new Server(OPTIONS);
  const engine = new Engine({ path: "/socket.io/", pingInterval: 100_000 }); // Bun has a limit
  io.bind(engine as never);
  serve(io as BenchServer);
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    ...(engine.handler() as object),
  } as never);
  console.log(`port ${server.port}`);
} else {
  const { createServer } = await import("node:http");
  const server = createServer();
  if (name === "bun-socket.io on node:http") {
    const { Server } = await import("bun-socket.io");
    serve(new Server(server, OPTIONS) as BenchServer);
  } else {
    const { Server } = await import("socket.io");
    serve(new Server(server, OPTIONS) as unknown as BenchServer);
  }
  server.listen(0, "127.0.0.1", () => console.log(`port ${portOf(server.address())}`));
}
watchEventLoop();
collectOnDemand();
if (process.env.BENCH_PROFILE === "1") process.on("SIGTERM", () => process.exit(0));
