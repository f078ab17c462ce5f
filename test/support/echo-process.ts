// A server on a port that it shares with other processes, in a process of its own. It tells its
// clients which process they have reached.

import { Server } from "bun-socket.io";

const io = new Server({ hostname: "127.0.0.1", reusePort: true, transports: ["websocket"] });
io.on("connection", (socket) => socket.emit("process", process.pid));
io.listen(Number(process.argv[2]));
console.log(io.httpServer?.address()?.port);
process.on("SIGTERM", () => io.close().then(() => process.exit(0)));
