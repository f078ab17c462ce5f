import { overTcp, pollingPath, RawPolling } from "../raw.ts";
import type { CompatServer, Scenario, ServerTools } from "../scenario.ts";

/** Answers each event, so that what arrived can be waited for, and says what it is told to. */
function echo(io: CompatServer, { command }: ServerTools): void {
  io.on("connection", (socket) => {
    socket.on("echo", (...args: unknown[]) => socket.emit("echoed", ...args));
  });
  command("say", (text: string) => void io.emit("said", text));
  command("say bytes", () => void io.emit("said", Buffer.from([0, 1, 254, 255])));
  command("disconnect", () => void io.disconnectSockets(true));
}

/** Counts the requests that have come, those under way among them. */
function counted(io: CompatServer, { command }: ServerTools): void {
  let requests = 0;
  io.engine.use((_req: unknown, _res: unknown, next: () => void) => {
    requests++;
    next();
  });
  command("requests", () => requests);
}

/** A body that is wrong, sent by a session that is in the main namespace. */
function wrongBody(what: string, body: string, headers = {}): Scenario {
  return {
    name: `a body over polling that is wrong ends the session: ${what}`,
    server: echo,
    async client(t) {
      const session = await RawPolling.join(t);
      await session.post(body, headers);
      await session.poll();
    },
  };
}

const NO_MIDDLEWARES = { "bun-engine": "it has no middlewares" };

export const enginePollingScenarios: Scenario[] = [
  {
    name: "several packets in one body are handled in their order",
    server: echo,
    async client(t) {
      const session = await RawPolling.join(t);
      await session.post('42["echo",1]\x1e42["echo",2]\x1e42["echo","é€😀"]');
      await session.poll();
    },
  },
  {
    name: "bytes come and go as base64 over polling",
    server: echo,
    async client(t) {
      const session = await RawPolling.join(t);
      await session.post('451-["echo",{"_placeholder":true,"num":0}]\x1ebAAEC/w==');
      await session.poll();
      await t.command("say bytes");
      await session.poll();
    },
  },
  {
    name: "packets wait for a poll, and leave together",
    server: echo,
    async client(t) {
      const session = await RawPolling.join(t);
      await t.command("say", "one");
      await t.command("say", "two");
      await t.command("say", "three");
      const { body } = await session.poll();
      t.log("packets", body.split("\x1e").length);
    },
  },
  {
    name: "a poll that waits is answered by what is said next",
    not: NO_MIDDLEWARES,
    server(io, tools) {
      echo(io, tools);
      counted(io, tools);
    },
    async client(t) {
      const session = await RawPolling.join(t);
      const answer = session.poll();
      await t.until(async () => (await t.command("requests")) === 4);
      await t.command("say", "hello");
      await answer;
    },
  },
  wrongBody("nothing", ""),
  wrongBody("an unknown type", "z"),
  wrongBody("a packet of no type between others", '42["echo",1]\x1e\x1e42["echo",2]'),
  wrongBody("an unknown type behind a good packet", '42["echo",1]\x1ez42'),
  wrongBody("a ping, which is the server's to send", "2"),
  wrongBody("no packet of Socket.IO", "4nonsense"),
  wrongBody("broken JSON", '42["echo",'),
  wrongBody("bytes nobody announced", "bAAEC"),
  wrongBody("a content type for bytes", '42["echo",1]', {
    "Content-Type": "application/octet-stream",
  }),
  ...["text/plain", "application/json", "text/plain;charset=UTF-8", "nonsense"].map(
    (type): Scenario => ({
      name: `a body over polling may be called ${type}`,
      server: echo,
      async client(t) {
        const session = await RawPolling.join(t);
        await session.post('42["echo",1]', { "Content-Type": type });
        await session.poll();
      },
    }),
  ),
  ...["an open packet 0", "a noop packet 6", "an upgrade packet 5", "a pong packet 3"].map(
    (what): Scenario => ({
      name: `a client may send ${what.slice(0, -2)} over polling, and nothing comes of it`,
      server: echo,
      async client(t) {
        const session = await RawPolling.join(t);
        await session.post(what.slice(-1));
        await session.post('42["echo","still here"]');
        await session.poll();
      },
    }),
  ),
  ...["PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"].map(
    (method): Scenario => ({
      name: `a request of a session by ${method} is refused`,
      server: echo,
      async client(t) {
        const session = await RawPolling.join(t);
        await session.poll({ method });
        await session.post('42["echo","still here"]');
        await session.poll();
      },
    }),
  ),
  {
    name: "a second poll beside one that waits ends the session",
    not: NO_MIDDLEWARES,
    server(io, { command }) {
      const ended = new Promise((resolve) => {
        io.on("connection", (socket) => socket.on("disconnect", resolve));
      });
      command("ended", () => ended);
    },
    async client(t) {
      const session = await RawPolling.join(t);
      const url = t.url("polls") + session.path;
      const first = fetch(url).catch(() => null);
      const second = fetch(url).catch(() => null);
      t.log("ended", await t.command("ended"));
      await Promise.race([first, second]);
      await session.poll();
    },
  },
  {
    name: "a second body beside one that is under way ends the session",
    not: NO_MIDDLEWARES,
    server: counted,
    async client(t) {
      const session = await RawPolling.join(t);
      const half = overTcp(
        t,
        "half",
        `POST ${session.path} HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n42["e`,
        { untilEnd: true },
      );
      await t.until(async () => (await t.command("requests")) === 4);
      await session.post('42["echo",1]');
      await session.poll();
      t.cut("half");
      await half;
    },
  },
  {
    name: "requests of a session that its client has closed are refused",
    async client(t) {
      const session = await RawPolling.join(t);
      await session.post("1");
      await session.post("41");
      await session.poll();
    },
  },
  {
    name: "requests of a session that the server has closed are refused",
    server: echo,
    async client(t) {
      const session = await RawPolling.join(t);
      await t.command("disconnect");
      await session.poll();
      await session.poll();
      await session.post("41");
    },
  },
  {
    name: "what was said before the server closes a session still arrives",
    server(io, tools) {
      echo(io, tools);
      tools.command("say and close", () => {
        io.emit("said", "the last");
        io.disconnectSockets(true);
      });
    },
    async client(t) {
      const session = await RawPolling.join(t);
      await t.command("say and close");
      await session.poll();
      await session.poll();
    },
  },
  {
    name: "packets behind the close packet of a client are not handled",
    server: echo,
    async client(t) {
      const session = await RawPolling.join(t);
      await session.post('42["echo",1]\x1e1\x1e42["echo",2]');
      await session.poll();
    },
  },
  ...["Mozilla/4.0 (compatible; MSIE 8.0)", "Mozilla/5.0 (Trident/7.0)"].map(
    (agent): Scenario => ({
      name: `old browsers are told to leave the answer alone: ${agent.slice(0, 22)}`,
      server: echo,
      async client(t) {
        await t.fetch("raw", pollingPath(), { headers: { "User-Agent": agent } });
      },
    }),
  ),
  {
    name: "a poll of JSONP gets its packets in a call",
    server: echo,
    async client(t) {
      await t.fetch("raw", pollingPath("&j=7"));
    },
  },
  {
    name: "a client that lets go of its poll ends its session",
    not: NO_MIDDLEWARES,
    server(io, tools) {
      counted(io, tools);
      const ended = new Promise((resolve) => {
        io.on("connection", (socket) => socket.on("disconnect", resolve));
      });
      tools.command("ended", () => ended);
    },
    async client(t) {
      const session = await RawPolling.join(t);
      const poll = overTcp(t, "poll", `GET ${session.path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      await t.until(async () => (await t.command("requests")) === 4);
      t.cut("poll");
      await poll;
      t.log("ended", await t.command("ended"));
      await session.post("41");
    },
  },
];
