import { pollingPath, RawPolling, RawWebSocket } from "../raw.ts";
import type { Anything, CompatOptions, Scenario } from "../scenario.ts";

const NOT_BUN_ENGINE = { "bun-engine": "it leaves the client waiting, or ends" };

/** One request for a handshake over polling. */
const polling =
  (query: string, init?: RequestInit): Scenario["client"] =>
  async (t) => {
    await t.fetch("raw", `/socket.io/?${query}`, init);
  };

/** One request for a WebSocket, which the server refuses or ends. */
const refusedWebSocket =
  (query: string, headers = {}): Scenario["client"] =>
  async (t) => {
    await new RawWebSocket(t, "raw", { path: `/socket.io/?${query}`, headers }).closed;
  };

/** A handshake of each transport with some options. */
function bothTransports(name: string, options: CompatOptions, refused = false): Scenario[] {
  return [
    {
      name: `${name} (polling)`,
      options,
      not: NOT_BUN_ENGINE,
      client: polling("EIO=4&transport=polling"),
    },
    {
      name: `${name} (websocket)`,
      options,
      not: NOT_BUN_ENGINE,
      client: refused
        ? refusedWebSocket("EIO=4&transport=websocket")
        : async (t) => {
            await new RawWebSocket(t).next();
          },
    },
  ];
}

type Verdict = (error: unknown, ok: boolean) => void;

export const engineHandshakeScenarios: Scenario[] = [
  { name: "a handshake that names no transport is refused", client: polling("EIO=4") },
  {
    name: "a handshake that names no protocol revision is refused",
    client: polling("transport=polling"),
  },
  {
    name: "a handshake of a revision to come is refused",
    client: polling("EIO=5&transport=polling"),
  },
  {
    name: "a handshake that names its transport twice is refused",
    client: polling("EIO=4&transport=polling&transport=polling"),
  },
  {
    name: "an object's own members are no session ids",
    async client(t) {
      for (const sid of ["__proto__", "constructor", "toString"]) {
        await t.fetch("raw", pollingPath(`&sid=${sid}`));
      }
    },
  },
  {
    name: "an object's own members are no transports",
    client: polling("EIO=4&transport=constructor"),
  },
  {
    name: "the transport is a name in small letters",
    client: polling("EIO=4&transport=Polling"),
  },
  ...["PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"].map(
    (method): Scenario => ({
      name: `a handshake by ${method} is refused`,
      client: polling("EIO=4&transport=polling", { method }),
    }),
  ),
  {
    name: "a WebSocket of an unknown transport is refused",
    client: refusedWebSocket("EIO=4&transport=carrier-pigeon"),
  },
  {
    name: "a WebSocket of an unknown session is refused",
    client: refusedWebSocket("EIO=4&transport=websocket&sid=nobody"),
  },
  {
    name: "a WebSocket of another protocol revision gets no session",
    client: refusedWebSocket("EIO=3&transport=websocket"),
  },
  {
    name: "a WebSocket that calls itself polling gets no session",
    not: NOT_BUN_ENGINE,
    client: refusedWebSocket("EIO=4&transport=polling"),
  },
  {
    name: "a poll of a session over WebSocket is refused",
    async client(t) {
      const webSocket = new RawWebSocket(t);
      const open = String(await webSocket.next());
      await t.fetch("poll", pollingPath(`&sid=${JSON.parse(open.slice(1)).sid}`));
      webSocket.close();
      await webSocket.closed;
    },
  },
  {
    name: "a plain request for a WebSocket of a session over polling is refused",
    not: NOT_BUN_ENGINE,
    async client(t) {
      const { sid } = await RawPolling.open(t);
      await t.fetch("raw", `/socket.io/?EIO=4&transport=websocket&sid=${sid}`);
    },
  },
  ...bothTransports("the handshake tells the options of the session", {
    pingInterval: 12_345,
    pingTimeout: 6789,
    maxHttpBufferSize: 4242,
  }),
  ...bothTransports(
    "a server without WebSocket takes polling alone",
    { transports: ["polling"] },
    true,
  ),
  ...bothTransports("a server without polling takes WebSocket alone", {
    transports: ["websocket"],
  }),
  ...bothTransports("without upgrades a handshake offers none", { allowUpgrades: false }),
  ...bothTransports("allowRequest lets a request pass", {
    allowRequest: (_req: unknown, fn: Verdict) => fn(null, true),
  }),
  ...bothTransports(
    "allowRequest refuses without a message",
    { allowRequest: (_req: unknown, fn: Verdict) => fn(null, false) },
    true,
  ),
  ...bothTransports(
    "allowRequest refuses with a message, later",
    { allowRequest: (_req: unknown, fn: Verdict) => setTimeout(() => fn("not today", false), 20) },
    true,
  ),
  {
    name: "allowRequest sees the method, the url, the query and the headers",
    options: {
      allowRequest: ({ method, url, headers, _query }: Anything, fn: Verdict) =>
        fn([method, url, headers["x-token"], _query.a, _query.transport].join(" "), false),
    },
    client: polling("EIO=4&transport=polling&a=b%20c", { headers: { "X-Token": "abc" } }),
  },
  {
    name: "allowRequest is asked once for each session",
    options: () => {
      let asked = 0;
      return { allowRequest: (_req: unknown, fn: Verdict) => fn("once only", ++asked === 1) };
    },
    async client(t) {
      const session = await RawPolling.join(t);
      await session.post("41");
      await t.fetch("raw", pollingPath());
    },
  },
  ...bothTransports("a handshake with a fixed path and no slash behind it", {
    addTrailingSlash: false,
  }),
  {
    name: "the option path moves the endpoint",
    not: NOT_BUN_ENGINE,
    options: { path: "/elsewhere" },
    async client(t) {
      await t.fetch("raw", pollingPath("", "/elsewhere/"));
      const path = "/elsewhere/?EIO=4&transport=websocket";
      await new RawWebSocket(t, "raw", { path }).next();
    },
  },
  {
    name: "without a slash behind the path the endpoint has none",
    options: { addTrailingSlash: false },
    async client(t) {
      await t.fetch("raw", pollingPath("", "/socket.io"));
    },
  },
  {
    name: "a longer path below the endpoint is the endpoint too",
    async client(t) {
      await t.fetch("raw", pollingPath("", "/socket.io/deeper/"));
    },
  },
  {
    name: "a WebSocket of another path is cut after a while",
    options: { destroyUpgradeTimeout: 100 },
    async client(t) {
      await new RawWebSocket(t, "raw", { path: "/other/?EIO=4&transport=websocket" }).closed;
    },
  },
  {
    name: "generateId makes the ids of sessions",
    not: { "bun-engine": "it makes its own" },
    server(io) {
      let last = 0;
      io.engine.generateId = () => `session-number-${++last}`;
    },
    async client(t) {
      const first = await RawPolling.open(t);
      const second = await RawPolling.open(t);
      t.log("ids", first.sid.slice(-8), second.sid.slice(-8));
    },
  },
  {
    name: "generateId may take its time",
    server(io) {
      io.engine.generateId = (req: Anything) =>
        Promise.resolve(`later-${String(req.headers["x-name"]).repeat(3)}`);
    },
    client: polling("EIO=4&transport=polling", { headers: { "X-Name": "ada" } }),
  },
  ...(["polling", "websocket"] as const).map(
    (transport): Scenario => ({
      name: `generateId that fails refuses the handshake (${transport})`,
      not: NOT_BUN_ENGINE,
      server(io) {
        io.engine.generateId = () => {
          throw new Error("no more ids");
        };
      },
      client:
        transport === "polling"
          ? polling("EIO=4&transport=polling")
          : refusedWebSocket("EIO=4&transport=websocket"),
    }),
  ),
  {
    name: "the initial packet comes behind the handshake of a WebSocket",
    not: NOT_BUN_ENGINE,
    options: { initialPacket: "hello" },
    async client(t) {
      const webSocket = new RawWebSocket(t);
      t.log("first", String(await webSocket.next()).slice(0, 1));
      t.log("second", await webSocket.next());
    },
  },
  {
    name: "the initial packet comes with the first polls",
    not: NOT_BUN_ENGINE,
    options: { initialPacket: "hello" },
    async client(t) {
      const { body } = await t.fetch("raw", pollingPath());
      const [open = ""] = body.split("\x1e");
      if (!body.includes("4hello")) {
        await t.fetch("raw", pollingPath(`&sid=${JSON.parse(open.slice(1)).sid}`));
      }
    },
  },
  {
    name: "the engine counts its sessions, with and without a namespace",
    not: NOT_BUN_ENGINE,
    server(io, { command }) {
      command("count", () => io.engine.clientsCount);
      command("sockets", () => io.of("/").sockets.size);
    },
    async client(t) {
      t.log("nobody", await t.command("count"));
      const one = await RawPolling.open(t);
      t.log("one", await t.command("count"), await t.command("sockets"));
      const two = await RawWebSocket.join(t, "two");
      t.log("two", await t.command("count"), await t.command("sockets"));
      await one.post("1");
      await t.until(async () => (await t.command("count")) === 1);
      two.close();
      await t.until(async () => (await t.command("count")) === 0);
      t.log("sockets", await t.command("sockets"));
    },
  },
];
