// A program of someone who installed the package: run by Bun and checked by tsc in package.test.ts.
import type { AddressInfo } from "node:net";
import { Server } from "bun-socket.io";
import { Engine, protocol } from "bun-socket.io/engine";
import { io as connect } from "socket.io-client";

interface ClientToServer {
  double: (value: number, reply: (doubled: number) => void) => void;
}
interface ServerToClient {
  welcome: (id: string) => void;
}

const io = new Server<ClientToServer, ServerToClient>({ hostname: "127.0.0.1" });
io.on("connection", (socket) => {
  socket.emit("welcome", socket.id);
  socket.on("double", (value, reply) => reply(value * 2));
});
io.listen(0);

const url = `http://127.0.0.1:${(io.httpServer?.address() as AddressInfo | undefined)?.port}`;
const script = await fetch(`${url}/socket.io/socket.io.min.js`);
const client = connect(url);
const doubled: number = await client.emitWithAck("double", 21);
client.disconnect();
await io.close();
console.log(JSON.stringify({ doubled, script: script.status, engine: Engine.name, protocol }));
