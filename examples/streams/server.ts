// Files to and from a client, as fast as the other side takes them.
import { Server } from "bun-socket.io";
import { pipe, receive, type StreamAck, type StreamPart } from "bun-socket.io/streams";

interface ClientToServer {
  download: (name: string, reply: (bytes: number) => void) => void;
  upload: (part: StreamPart<Uint8Array, string>, ack: StreamAck) => void;
  progress: (done: number) => void;
}

interface ServerToClient {
  file: (part: StreamPart<Uint8Array, string>, ack: StreamAck) => void;
  stored: (name: string, sha256: string) => void;
}

const { HOST: hostname = "127.0.0.1", PORT = "3000" } = process.env;
const FILES: Record<string, string> = { readme: "README.md", program: "server.ts" };

const io = new Server<ClientToServer, ServerToClient>();
io.on("connection", async (socket) => {
  socket.on("download", async (name, reply) => {
    const file = Bun.file(new URL(FILES[name] ?? "README.md", import.meta.url));
    reply(file.size);
    // The file is not read faster than the client takes it. What goes wrong: the client went away.
    await pipe(file.stream(), socket, "file", { info: name, chunkBytes: 256 }).catch(() => {});
  });

  receive<Uint8Array, string>(socket, "upload", async (stream, name) => {
    const hash = new Bun.CryptoHasher("sha256");
    try {
      for await (const bytes of stream) hash.update(bytes);
      socket.emit("stored", name, hash.digest("hex"));
    } catch {
      console.log(`${name} did not arrive as a whole`);
    }
  });

  // One after the other; of a client that sends too many, the newest count.
  const events = socket.iterate("progress", { limit: 10, onFull: "drop-oldest" });
  for await (const [done] of events) console.log(`a client has ${done} bytes`);
  console.log(`a client is gone: ${socket.signal.reason.reason}`);
});

const server = Bun.serve({ hostname, port: PORT, ...io.handler() });
console.log(`Files are streamed at ${server.url.origin}`);

process.once("SIGTERM", async () => {
  await io.close();
  await server.stop(true);
});
