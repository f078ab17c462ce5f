// One Bun server, one port: the page and Socket.IO.
import { Server } from "bun-socket.io";
import { setUpChat } from "./chat.ts";
import type { ChatServer, ClientToServer, ServerToClient, SocketData } from "./protocol.ts";

const DEFAULT_PORT = 3000;

// A list of the files rather than a directory: no path in a request can lead out of it.
const PAGE = ["index.html", "icon.svg", "style.css", "layout.css", "messages.css"];
const SCRIPTS = ["app.js", "log.js", "messages.js", "view.js"];
const FILES = new Map(
  [...PAGE, ...SCRIPTS].map((name) => [`/${name}`, new URL(`public/${name}`, import.meta.url)]),
);

const HEADERS = {
  "Cache-Control": "no-cache",
  "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
};

export interface ChatOptions {
  /** Without it: port 3000, or any free one if that is in use. 0 is any free one. */
  port?: number | undefined;
  hostname?: string | undefined;
}

export interface RunningChat {
  url: string;
  io: ChatServer;
  /** Ends all sessions at once. */
  stop(): Promise<void>;
  /** Lets what is under way be finished, and sends the clients away one after the other. */
  drain(): Promise<void>;
}

export function startChat({ port, hostname = "127.0.0.1" }: ChatOptions = {}): RunningChat {
  const io = new Server<ClientToServer, ServerToClient, Record<string, never>, SocketData>({
    // No chat message is larger than a few kilobytes; do not read more than that.
    maxHttpBufferSize: 64 * 1024,
  });
  setUpChat(io);

  // The handler answers the requests under /socket.io/ and gives us all the others.
  const handler = io.handler({ fetch: servePage });
  const listen = (on: number) => Bun.serve({ hostname, port: on, ...handler });
  const server = port === undefined ? withFallback(listen) : listen(port);

  return {
    url: `http://${hostInUrl(hostname)}:${server.port}`,
    io,
    async stop() {
      await io.close();
      await server.stop(true);
    },
    async drain() {
      // Whoever sends the signal has to wait for longer: Docker does so for 10 seconds.
      const { sessions, cutSessions } = await io.drain({ timeoutMs: 6_000, spreadMs: 2_000 });
      console.log(`${sessions} sessions were sent elsewhere, ${cutSessions} of them cut.`);
      await server.stop(true);
    },
  };
}

function servePage(request: Request): Response {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return new Response("Method not allowed", { status: 405, headers: { Allow: "GET, HEAD" } });
  }
  const { pathname } = new URL(request.url);
  const file = FILES.get(pathname === "/" ? "/index.html" : pathname);
  if (!file) return new Response("Not found", { status: 404 });
  return new Response(Bun.file(file), { headers: HEADERS });
}

function withFallback<T>(listen: (port: number) => T): T {
  try {
    return listen(DEFAULT_PORT);
  } catch (error) {
    if ((error as { code?: string }).code !== "EADDRINUSE") throw error;
    return listen(0);
  }
}

function hostInUrl(hostname: string): string {
  // An address that means "here" or "everywhere" is opened as localhost.
  if (["127.0.0.1", "::1", "0.0.0.0", "::"].includes(hostname)) return "localhost";
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}

if (import.meta.main) {
  const { PORT, HOST } = process.env;
  const chat = startChat({ port: PORT ? Number(PORT) : undefined, hostname: HOST || undefined });
  console.log(`Chat is running at ${chat.url}`);
  console.log("Open it in two tabs, with a name in each, and talk to yourself. Ctrl+C stops it.");

  process.once("SIGINT", () => chat.stop().then(() => process.exit(0)));
  process.once("SIGTERM", () => chat.drain().then(() => process.exit(0)));
}
