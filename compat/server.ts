// The server's process: `COMPAT_SERVER` names the package, the argument the scenario. It prints its
// port, then the lines of its transcript, each as JSON. When it is told `end`, it waits until its
// last client has left, and says `end` itself.

import type { AddressInfo } from "node:net";
import type { CompatServer, Log } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/index.ts";

const scenario = SCENARIOS.find(({ name }) => name === process.argv[2]);
const log: Log = (...line) => console.log(JSON.stringify(line));
function endWhenAlone(io: { engine: { clientsCount: number } }): void {
  process.stdin.once("data", () => {
    const timer = setInterval(() => {
      if (io.engine.clientsCount === 0) {
        clearInterval(timer);
        setImmediate(() => console.log("end"));
      }
    }, 2);
  });
}

const options = { ...scenario?.options };

if (process.env.COMPAT_SERVER === "bun-socket.io") {
  const { Server } = await import("bun-socket.io");
  const io = new Server({ hostname: "127.0.0.1", ...options });
  scenario?.server?.(io as unknown as CompatServer, log);
  endWhenAlone(io);
  io.listen(0);
  console.log(`port ${(io.httpServer?.address() as AddressInfo | undefined)?.port}`);
} else {
  const { createServer } = await import("node:http");
  const { Server } = await import("socket.io");
  const server = createServer();
  const io = new Server(server, options);
  scenario?.server?.(io as unknown as CompatServer, log);
  endWhenAlone(io);
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    console.log(`port ${typeof address === "object" ? address?.port : address}`);
  });
}
