import { pollingPath, RawPolling, RawWebSocket } from "../raw.ts";
import type { Anything, CompatOptions, CompatServer, Scenario, ServerTools } from "../scenario.ts";

const FROM = { Origin: "http://a.example" };

/** A handshake from another origin, and the preflight for it. */
function cors(name: string, option: Anything, headers: Record<string, string> = FROM): Scenario {
  return {
    name: `cors: ${name}`,
    options: { cors: option },
    async client(t) {
      await t.fetch("handshake", pollingPath(), { headers });
      const asks = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-token, content-type",
      };
      await t.fetch("preflight", pollingPath(), {
        method: "OPTIONS",
        headers: { ...headers, ...asks },
      });
    },
  };
}

/** The cookie of a handshake, and the requests after it. */
function cookie(name: string, option: unknown): Scenario {
  return {
    name: `cookie: ${name}`,
    options: { cookie: option },
    async client(t) {
      const session = await RawPolling.join(t);
      await session.post("41");
      await new RawWebSocket(t, "websocket").next();
    },
  };
}

function say(io: CompatServer, { command }: ServerTools): void {
  command("say", (text: string) => void io.emit("said", text));
}

/** A poll's answer of a size, by a client that takes some encodings. */
function compressed(
  name: string,
  accepts: string,
  size: number,
  options: CompatOptions = {},
): Scenario {
  return {
    name: `compression over HTTP: ${name}`,
    options,
    server: say,
    async client(t) {
      const session = await RawPolling.join(t);
      await t.command("say", "z".repeat(size));
      await session.poll({ headers: { "Accept-Encoding": accepts } });
    },
  };
}

export const engineHttpScenarios: Scenario[] = [
  cors("any origin", { origin: "*" }),
  cors("true mirrors the origin", { origin: true }),
  cors("false allows nobody", { origin: false }),
  cors("one origin, and it is that", { origin: "http://a.example" }),
  cors("one origin, and it is another", { origin: "http://b.example" }),
  cors("a list with the origin in it", { origin: ["http://b.example", /a\.example$/] }),
  cors("a list without the origin", { origin: ["http://b.example", /c\.example$/] }),
  cors("a pattern that is not met", { origin: /^https:/ }),
  cors("a function that allows it", {
    origin: (origin: string, done: Anything) => done(null, String(origin).endsWith(".example")),
  }),
  cors("a function that refuses it", {
    origin: (_origin: string, done: Anything) => done(null, false),
  }),
  cors("credentials", { origin: true, credentials: true }),
  cors("methods as a list, and headers as a text", {
    origin: "*",
    methods: ["GET", "POST"],
    allowedHeaders: "x-a,x-b",
  }),
  cors("methods as a text, and headers as a list", {
    origin: "*",
    methods: "GET,POST",
    allowedHeaders: ["x-a", "x-b"],
  }),
  cors("headers to show, and how long to keep it", {
    origin: "*",
    exposedHeaders: ["x-a", "x-b"],
    maxAge: 0,
  }),
  cors("a status for old browsers", { origin: "*", optionsSuccessStatus: 200 }),
  cors("a request without an origin", { origin: ["http://a.example"], credentials: true }, {}),
  cookie("true", true),
  cookie("false", false),
  cookie("a name", { name: "sid" }),
  cookie("a path of its own, and no httpOnly", { name: "sid", path: "/x", httpOnly: false }),
  cookie("no path", { name: "sid", path: false }),
  cookie("sameSite", { name: "sid", sameSite: "strict" }),
  cookie("all attributes", {
    name: "sid",
    domain: "a.example",
    expires: new Date(Date.UTC(2030, 0, 1)),
    maxAge: 100,
    sameSite: "none",
    secure: true,
    partitioned: true,
    priority: "high",
  }),
  compressed("gzip", "gzip", 3000),
  compressed("deflate", "deflate", 3000),
  compressed("either", "deflate, gzip", 3000),
  compressed("brotli is not offered", "br", 3000),
  compressed("none wished", "identity", 3000),
  compressed("gzip is refused", "gzip;q=0", 3000),
  compressed("anything", "*", 3000),
  compressed("below the threshold", "gzip", 500),
  compressed("a threshold of its own", "gzip", 500, { httpCompression: { threshold: 100 } }),
  compressed("switched off", "gzip", 3000, { httpCompression: false }),
  compressed("true, and long", "gzip", 3000, { httpCompression: true }),
  {
    name: "compression over HTTP: an event may leave it out",
    server(io, { command }) {
      command("say", (text: string) => {
        for (const socket of io.of("/").sockets.values()) {
          socket.compress(false).emit("said", text);
        }
      });
    },
    async client(t) {
      const session = await RawPolling.join(t);
      await t.command("say", "z".repeat(3000));
      await session.poll({ headers: { "Accept-Encoding": "gzip" } });
    },
  },
];
