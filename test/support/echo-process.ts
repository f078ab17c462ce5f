// A server on a port that it shares with other processes, in a process of its own. It tells its
// clients which process they have reached.

import { Server } from "bun-socket.io";
import { portOf } from "./hosts.ts";

const io = new Server({ hostname: "127.0.0.1", reusePort: true, transports: ["websocket"] });
io.on("connection", (socket) => socket.emit("process", process.pid));
io.listen(Number(process.argv[2]));
console.log(portOf(io.httpServer));
process.on("SIGTERM", () => io.close().then(() => process.exit(0)));
