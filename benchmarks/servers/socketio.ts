// The same program for every Socket.IO server: BENCH_SERVER names the package. It prints its port.

import type { AddressInfo } from "node:net";

const name = process.env.BENCH_SERVER ?? "bun-socket.io";

interface BenchSocket {
  on(event: string, listener: (...args: never[]) => void): unknown;
  emit(event: string, ...args: unknown[]): unknown;
}

function serve(io: BenchSocket): void {
  io.on("connection", (socket: BenchSocket) => {
    socket.on("echo", (payload: string) => socket.emit("echo", payload));
    socket.on("all", (payload: string) => io.emit("all", payload));
  });
}

if (name === "bun-socket.io") {
  const { Server } = await import("bun-socket.io");
  const io = new Server({ hostname: "127.0.0.1" });
  serve(io as unknown as BenchSocket);
  io.listen(0);
  console.log(`port ${(io.httpServer?.address() as AddressInfo | undefined)?.port}`);
} else {
  const { createServer } = await import("node:http");
  const { Server } = await import("socket.io");
  const server = createServer();
  serve(new Server(server) as unknown as BenchSocket);
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    console.log(`port ${typeof address === "object" ? address?.port : address}`);
  });
}
