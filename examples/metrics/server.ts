// Metrics for Prometheus, and the admin UI, beside Socket.IO on one port.
import { Server } from "bun-socket.io";
import { collectMetrics } from "bun-socket.io/metrics";

const { HOST: hostname = "127.0.0.1", PORT = "3000" } = process.env;

const io = new Server();
const metrics = collectMetrics(io);
io.on("connection", (socket) => {
  socket.on("add", (a: number, b: number, reply: (sum: number) => void) => reply(a + b));
});

const server = Bun.serve({
  hostname,
  port: PORT,
  ...io.handler(),
  routes: {
    "/metrics": () => metrics.response(),
    "/health": () => Response.json({ sessions: metrics.snapshot().sessions }),
  },
});
console.log(`GET /metrics is answered at ${server.url.origin}`);

process.once("SIGTERM", async () => {
  await io.close();
  await server.stop(true);
});
