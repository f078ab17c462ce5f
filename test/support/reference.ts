// The reference, `socket.io`, behind the same door as our own hosts: a suite that runs over it as
// well shows that its expectations are the reference's.

import { createServer } from "node:http";
import type { Server } from "bun-socket.io";
import { type ServerOptions as ReferenceOptions, Server as ReferenceServer } from "socket.io";
import type { Host } from "./hosts.ts";

const hostname = "127.0.0.1";

/** `socket.io` on a server of node:http, in this process. */
export const REFERENCE: Host = {
  name: "the reference",
  isNode: true,
  start(options = {}) {
    const httpServer = createServer();
    const io = new ReferenceServer(httpServer, options as unknown as Partial<ReferenceOptions>);
    httpServer.listen(0, hostname);
    const address = httpServer.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    return {
      // A program written for one has to run on the other; the suites are such programs.
      io: io as unknown as Server,
      port,
      url: `http://${hostname}:${port}`,
      async close() {
        const closed = io.close();
        httpServer.closeAllConnections();
        await closed;
      },
    };
  },
};
