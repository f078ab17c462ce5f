import { overTcp, pollingPath, RawPolling, RawWebSocket } from "../raw.ts";
import type { Anything, CompatServer, Scenario, ServerTools } from "../scenario.ts";

const NOT_BUN_ENGINE = { "bun-engine": "it has no middlewares, and other sessions" };

/** When the one socket has ended, and why. */
function ending(io: CompatServer, { command }: ServerTools): void {
  const ended = new Promise((resolve) => {
    io.on("connection", (socket) => socket.on("disconnect", resolve));
  });
  command("ended", () => ended);
}

/** A session whose end comes from the server's side, by a command. */
function closing(
  what: string,
  close: (io: CompatServer, socket: Anything) => void,
  transportsOf: ("polling" | "websocket")[][] = [["websocket"], ["polling", "websocket"]],
): Scenario[] {
  return transportsOf.map((transports) => ({
    name: `${what} (${transports.join(" to ")})`,
    server(io, tools) {
      ending(io, tools);
      io.on("connection", (socket) => tools.command("close", () => void close(io, socket)));
    },
    async client(t) {
      const ann = await t.connect("ann", { transports });
      await t.command("close");
      t.log("ended", await t.command("ended"));
      await ann.next("disconnect");
    },
  }));
}

const noPong = { pingInterval: 100, pingTimeout: 1000 };

export const engineSessionScenarios: Scenario[] = [
  {
    name: "a ping is answered by hand, twice",
    options: { pingInterval: 700, pingTimeout: 5000 },
    server: ending,
    async client(t) {
      const webSocket = await RawWebSocket.join(t);
      for (let round = 0; round < 2; round++) {
        t.log("got", await webSocket.next());
        webSocket.send("3");
      }
      webSocket.close();
      t.log("ended", await t.command("ended"));
    },
  },
  {
    name: "a ping over polling is answered by hand",
    options: { pingInterval: 700, pingTimeout: 5000 },
    server: ending,
    async client(t) {
      const session = await RawPolling.join(t);
      await session.poll();
      await session.post("3");
      await session.poll();
      await session.post("1");
      t.log("ended", await t.command("ended"));
    },
  },
  {
    name: "a ping that is not answered ends the session (websocket)",
    options: noPong,
    server: ending,
    not: NOT_BUN_ENGINE,
    async client(t) {
      const webSocket = await RawWebSocket.join(t);
      t.log("ended", await t.command("ended"));
      await webSocket.closed;
    },
  },
  {
    name: "a ping that is not answered ends the session (polling)",
    options: noPong,
    server: ending,
    async client(t) {
      const session = await RawPolling.join(t);
      t.log("ended", await t.command("ended"));
      await session.poll();
    },
  },
  {
    name: "a session that joins no namespace is ended after a while (websocket)",
    options: { connectTimeout: 100 },
    not: NOT_BUN_ENGINE,
    async client(t) {
      await new RawWebSocket(t).closed;
    },
  },
  ...closing("the server closes a session", (_io, socket) => socket.conn.close(), [
    ["polling"],
    ["websocket"],
    ["polling", "websocket"],
  ]),
  // Over polling it depends on the moment: a client that is not polling just then finds nobody.
  ...closing("the server drops a session", (_io, socket) => socket.conn.close(true)),
  ...closing("the server closes all", (io) => io.close()),
  {
    name: "a connection that is cut ends a session (websocket)",
    server: ending,
    async client(t) {
      const ann = await t.connect("ann", { transports: ["websocket"] });
      t.cut("ann");
      t.log("ended", await t.command("ended"));
      await ann.next("disconnect");
    },
  },
  {
    name: "socket.conn tells of the packets that come and go",
    server(io, tools) {
      ending(io, tools);
      io.on("connection", (socket) => {
        socket.conn.on("packet", ({ type, data }: Anything) =>
          tools.logOf(socket, "packet", type, data),
        );
        socket.conn.on("packetCreate", ({ type, data }: Anything) =>
          tools.logOf(socket, "created", type, data),
        );
        socket.conn.on("data", (data: unknown) => tools.logOf(socket, "data", data));
        socket.conn.on("close", (reason: string) => tools.logOf(socket, "closed", reason));
        socket.on("ask", (reply: (value: number) => void) => reply(1));
      });
    },
    async client(t) {
      const ann = await t.connect("ann", { transports: ["websocket"] });
      await ann.ask("ask");
      ann.disconnect();
      await t.command("ended");
    },
  },
  {
    name: "socket.conn tells of its upgrade, and with which transport",
    not: NOT_BUN_ENGINE,
    server(io, { command, logOf }) {
      io.on("connection", (socket) => {
        const { conn } = socket;
        logOf(socket, "before", conn.transport.name, conn.upgraded, conn.protocol, conn.readyState);
        conn.on("upgrade", ({ name }: Anything) => logOf(socket, "upgrade", name));
        command("upgraded", () => [conn.upgraded, conn.transport.name]);
      });
    },
    async client(t) {
      await t.connect("ann");
      await t.until(async () => (await t.command<boolean[]>("upgraded"))[0] === true);
      t.log("now", await t.command("upgraded"));
    },
  },
  {
    name: "a session knows where its client is, and what it asked for",
    server(io, { logOf }) {
      io.on("connection", (socket) => {
        const { conn, handshake, request } = socket;
        logOf(socket, "remote", conn.remoteAddress, handshake.address);
        logOf(socket, "request", request.method, request.headers["x-name"], request._query.a);
        logOf(
          socket,
          "handshake",
          handshake.headers["x-name"],
          handshake.query.a,
          handshake.secure,
        );
        logOf(socket, "forwarded", handshake.headers["x-forwarded-for"], handshake.xdomain);
      });
    },
    async client(t) {
      const headers = { "X-Name": "ada", "X-Forwarded-For": "1.2.3.4", Origin: "http://a.example" };
      await RawWebSocket.join(t, "websocket", { query: "&a=b%20c&a2", headers });
      const { body } = await t.fetch("polling", pollingPath("&a=b"), { headers });
      const { sid } = JSON.parse(body.slice(1));
      await t.fetch("polling", pollingPath(`&sid=${sid}`), { method: "POST", body: "40" });
      await t.fetch("polling", pollingPath(`&sid=${sid}`));
    },
  },
  {
    name: "initial_headers and headers change the answers",
    not: NOT_BUN_ENGINE,
    server(io) {
      io.engine.on("initial_headers", (headers: Record<string, string>, req: Anything) => {
        headers["x-initial"] = String(req._query.sid === undefined);
        headers["set-cookie"] = "a=b";
      });
      io.engine.on("headers", (headers: Record<string, string>) => {
        headers["x-always"] = "yes";
      });
    },
    async client(t) {
      await RawPolling.join(t, "polling");
      await RawWebSocket.join(t, "websocket");
    },
  },
  {
    name: "an engine middleware adds headers to what passes",
    not: NOT_BUN_ENGINE,
    server(io) {
      io.engine.use((_req: unknown, res: Anything, next: () => void) => {
        res.setHeader("X-One", "1");
        setTimeout(next, 5);
      });
      io.engine.use((_req: unknown, res: Anything, next: () => void) => {
        res.setHeader("X-Two", "2");
        next();
      });
    },
    async client(t) {
      await RawPolling.join(t, "polling");
      await RawWebSocket.join(t, "websocket");
      await t.fetch("refused", "/socket.io/?EIO=4&transport=none");
    },
  },
  {
    name: "an engine middleware refuses with an error",
    not: NOT_BUN_ENGINE,
    server(io) {
      io.engine.use((_req: unknown, _res: unknown, next: (error: Error) => void) =>
        next(new Error("no")),
      );
    },
    async client(t) {
      await t.fetch("polling", pollingPath());
      await new RawWebSocket(t, "websocket").closed;
    },
  },
  {
    name: "an engine middleware answers itself",
    not: NOT_BUN_ENGINE,
    server(io) {
      io.engine.use((_req: unknown, res: Anything) => {
        res.writeHead(418, { "Content-Type": "text/plain", "X-Tea": "pot" });
        res.end("short and stout");
      });
    },
    async client(t) {
      await t.fetch("polling", pollingPath());
      await overTcp(t, "post", "POST /socket.io/ HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    },
  },
  ...[
    { threshold: 100 },
    { threshold: 100, serverNoContextTakeover: true, clientNoContextTakeover: true },
    true,
    false,
  ].map(
    (perMessageDeflate): Scenario => ({
      name: `an offer of compression over WebSocket meets ${JSON.stringify(perMessageDeflate)}`,
      options: { perMessageDeflate },
      server(io, { command }) {
        command("say", (text: string) => void io.emit("said", text));
        command("say plainly", (text: string) => void io.compress(false).emit("said", text));
      },
      async client(t) {
        const webSocket = await RawWebSocket.join(t);
        for (const [how, length] of [
          ["say", 2000],
          ["say plainly", 2000],
          ["say", 10],
        ] as const) {
          await t.command(how, "x".repeat(length));
          await webSocket.next();
        }
      },
    }),
  ),
];
