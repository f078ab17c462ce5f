// Signed tokens: handed out by a login, checked before there is a connection, renewed while it is live.
import { createHmac, timingSafeEqual } from "node:crypto";
import { type DefaultEventsMap, Server } from "bun-socket.io";
import { type AuthEvents, tokenAuth } from "bun-socket.io/auth";

interface User {
  name: string;
  /** When the token runs out, in ms since 1970. */
  expires: number;
}

interface ClientToServer {
  whoami: (reply: (name: string) => void) => void;
}

interface ServerToClient extends AuthEvents {
  joined: (name: string) => void;
}

const { HOST: hostname = "127.0.0.1", PORT = "3000", TOKEN_SECONDS = "60" } = process.env;
const secret = process.env.SECRET ?? crypto.randomUUID();

const sign = (payload: string) => createHmac("sha256", secret).update(payload).digest("base64url");

function makeToken(name: string): string {
  const user: User = { name, expires: Date.now() + Number(TOKEN_SECONDS) * 1000 };
  const payload = Buffer.from(JSON.stringify(user)).toString("base64url");
  return `${payload}.${sign(payload)}`;
}

function readToken(token: string): User | null {
  const [payload = "", signature = ""] = token.split(".");
  const [given, expected] = [Buffer.from(signature), Buffer.from(sign(payload))];
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  return JSON.parse(Buffer.from(payload, "base64url").toString());
}

const auth = tokenAuth<User>({
  from: ["header", "auth"],
  // Whoever renews a token remains who it was.
  verify(token, { previous }) {
    const user = readToken(token);
    return previous && user?.name !== previous.name ? null : user;
  },
  expiresAt: (user) => user.expires,
  onExpired: "refresh",
  refreshAheadMs: 5_000,
});

const io = new Server<ClientToServer, ServerToClient, DefaultEventsMap, { user: User }>();
io.use(auth);
io.on("connection", (socket) => {
  const { name } = socket.data.user;
  socket.broadcast.emit("joined", name);
  socket.on("whoami", (reply) => reply(name));
});

const server = Bun.serve({
  hostname,
  port: PORT,
  ...io.handler(),
  routes: {
    // The password is left out. A fresh token is had in the same way.
    "/login": {
      POST: async (request) => {
        const { name } = (await request.json()) as { name?: unknown };
        return Response.json({ token: makeToken(String(name)) });
      },
    },
  },
});
console.log(`Log in with a POST of {"name": "Ada"} to /login at ${server.url.origin}`);

process.once("SIGTERM", async () => {
  await io.close();
  await server.stop(true);
});
