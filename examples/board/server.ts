// One Bun server, one port: the page, the login, the metrics and Socket.IO.
import { Server } from "bun-socket.io";
import { collectMetrics } from "bun-socket.io/metrics";
import { setUpBoards } from "./boards.ts";
import page from "./index.html";
import { Name, Tokens } from "./tokens.ts";

const DEFAULT_PORT = 3000;
const { HOST: hostname = "127.0.0.1", PORT, SECRET = crypto.randomUUID() } = process.env;
const { TOKEN_SECONDS = "43200" } = process.env;

const tokens = new Tokens(SECRET, Number(TOKEN_SECONDS) * 1000);
const io = new Server({
  connectionStateRecovery: { maxDisconnectionDuration: 60_000 },
  // No event of the contract is larger than a few kilobytes; do not read more than that.
  maxHttpBufferSize: 16 * 1024,
});
const metrics = collectMetrics(io, { outgoing: false });
setUpBoards(io, {
  tokens,
  onInvalid: (error, name) => console.warn(`${name}: ${error.message}`),
});

async function logIn(request: Request): Promise<Response> {
  const body: unknown = await request.json().catch(() => null);
  const name = Name.safeParse(
    typeof body === "object" && body !== null && "name" in body ? body.name : "",
  );
  if (!name.success) {
    return Response.json({ problem: name.error.issues[0]?.message }, { status: 400 });
  }
  return Response.json({ token: tokens.make(name.data) });
}

const listen = (port: number) =>
  Bun.serve({
    hostname,
    port,
    development: false,
    ...io.handler(),
    routes: { "/": page, "/login": { POST: logIn }, "/metrics": () => metrics.response() },
  });

function listenSomewhere(): ReturnType<typeof listen> {
  try {
    return listen(DEFAULT_PORT);
  } catch (error) {
    if ((error as { code?: string }).code !== "EADDRINUSE") throw error;
    return listen(0);
  }
}

const server = PORT ? listen(Number(PORT)) : listenSomewhere();
console.log(`The boards are at ${server.url.origin}`);
console.log("Open it in two tabs, with a name in each. Ctrl+C stops it.");

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    await io.close();
    await server.stop(true);
    process.exit(0);
  });
}
