import { pollingPath, RawPolling, RawWebSocket } from "../raw.ts";
import type { ClientTools, CompatServer, Scenario, ServerTools } from "../scenario.ts";

/** An echo, and the transport on which a session is. */
function echo(io: CompatServer, { command, log }: ServerTools): void {
  io.on("connection", (socket) => {
    socket.on("echo", (...args: unknown[]) => socket.emit("echoed", ...args));
    socket.conn.on("upgrade", () => log("upgrade"));
    command("transport", () => socket.conn.transport.name);
  });
  command("sessions", () => io.engine.clientsCount);
  command("say", (text: string) => void io.emit("said", text));
}

const NO_UPGRADE = { "bun-engine": "it waits for ever" };

/** A session over polling, and a WebSocket that wants to take its place. */
async function candidate(t: ClientTools, name = "upgrade") {
  const session = await RawPolling.join(t);
  const open = (who = name): RawWebSocket =>
    new RawWebSocket(t, who, { query: `&sid=${session.sid}` });
  return { session, webSocket: open(), open };
}

/** The same, where the WebSocket has been probed. */
async function probed(t: ClientTools, name?: string) {
  const all = await candidate(t, name);
  await all.webSocket.ready;
  all.webSocket.send("2probe");
  await all.webSocket.next();
  return all;
}

/** What a candidate sends that is wrong; the session stays where it is. */
function wrong(what: string, messages: string[], options = {}): Scenario {
  return {
    name: `a WebSocket does not take a session over: ${what}`,
    options,
    server: echo,
    not: NO_UPGRADE,
    async client(t) {
      const { session, webSocket } = await candidate(t);
      await webSocket.ready;
      for (const message of messages) {
        webSocket.send(message);
      }
      await webSocket.closed;
      await session.post('42["echo","still polling"]');
      await session.poll();
      t.log("transport", await t.command("transport"));
    },
  };
}

/** Closes the WebSocket of a session, and waits for the server to know. */
async function leave(t: ClientTools, webSocket: RawWebSocket): Promise<void> {
  webSocket.close();
  await webSocket.closed;
  await t.until(async () => (await t.command("sessions")) === 0);
}

/** Goes through an upgrade by hand. */
async function upgraded(t: ClientTools) {
  const all = await probed(t);
  const poll = all.session.poll();
  await poll; // a noop lets the poll go
  all.webSocket.send("5");
  await t.until(async () => (await t.command("transport")) === "websocket");
  return all;
}

export const engineUpgradeScenarios: Scenario[] = [
  {
    name: "a session moves to a WebSocket by probe and upgrade",
    server: echo,
    not: NO_UPGRADE,
    async client(t) {
      const { webSocket } = await upgraded(t);
      webSocket.send('42["echo",1]');
      await webSocket.next();
      await leave(t, webSocket);
    },
  },
  wrong("another probe", ["2other"]),
  {
    name: "a session moves to a WebSocket without a probe too",
    server: echo,
    not: NO_UPGRADE,
    async client(t) {
      const { webSocket } = await candidate(t);
      await webSocket.ready;
      webSocket.send("5");
      await t.until(async () => (await t.command("transport")) === "websocket");
      webSocket.send('42["echo",1]');
      await webSocket.next();
      await leave(t, webSocket);
    },
  },
  wrong("a message instead of a probe", ['42["echo",1]']),
  wrong("a packet of no type", ["x"]),
  wrong("nothing, until the time is up", [], { upgradeTimeout: 200 }),
  wrong("no upgrade behind the probe, until the time is up", ["2probe"], {
    upgradeTimeout: 1000,
  }),
  {
    name: "a candidate that closes leaves the session as it is",
    server: echo,
    not: NO_UPGRADE,
    async client(t) {
      const { session, webSocket } = await probed(t);
      webSocket.close();
      await webSocket.closed;
      await session.post('42["echo",1]');
      const { body } = await session.poll();
      if (!body.includes("echoed")) {
        await session.poll();
      }
    },
  },
  {
    name: "a second candidate beside the first is closed, and the first goes on",
    server: echo,
    not: NO_UPGRADE,
    async client(t) {
      const { session, webSocket, open } = await probed(t, "first");
      await open("second").closed;
      await session.poll();
      webSocket.send("5");
      await t.until(async () => (await t.command("transport")) === "websocket");
      await leave(t, webSocket);
    },
  },
  {
    name: "a candidate of a session that has moved is closed",
    server: echo,
    not: NO_UPGRADE,
    async client(t) {
      const { webSocket, open } = await upgraded(t);
      await open("second").closed;
      webSocket.send('42["echo","still here"]');
      await webSocket.next();
      await leave(t, webSocket);
    },
  },
  {
    name: "polling is refused once a session has moved",
    server: echo,
    not: NO_UPGRADE,
    async client(t) {
      const { session, webSocket } = await upgraded(t);
      await session.poll();
      await session.post('42["echo",1]');
      await leave(t, webSocket);
    },
  },
  {
    name: "a message on the new transport before the upgrade packet is not heard",
    server: echo,
    not: NO_UPGRADE,
    async client(t) {
      const { session, webSocket } = await probed(t);
      webSocket.send('42["echo","too early"]');
      await webSocket.closed;
      await session.post('42["echo","by polling"]');
      const { body } = await session.poll();
      if (!body.includes("echoed")) {
        await session.poll();
      }
    },
  },
  {
    name: "a message on the old transport during the probe is heard",
    server: echo,
    not: NO_UPGRADE,
    async client(t) {
      const { session, webSocket } = await probed(t);
      await session.post('42["echo","by polling"]');
      webSocket.send("5");
      await t.until(async () => (await t.command("transport")) === "websocket");
      await leave(t, webSocket);
    },
  },
  {
    name: "a server without upgrades takes no candidate",
    options: { allowUpgrades: false },
    server: echo,
    not: NO_UPGRADE,
    async client(t) {
      const { session, webSocket } = await candidate(t);
      await webSocket.ready;
      webSocket.send("2probe");
      t.log("probe answered with", await webSocket.next());
      webSocket.close();
      await webSocket.closed;
      await session.post("1");
    },
  },
  {
    name: "a stock client stays on polling where there are no upgrades",
    not: { "bun-engine": "it upgrades all the same" },
    options: { allowUpgrades: false },
    server: echo,
    async client(t) {
      const ann = t.client("ann");
      await ann.connected();
      ann.emit("echo", 1);
      await ann.next("echoed");
      ann.log("transport", ann.socket.io.engine.transport.name);
    },
  },
  {
    name: "a session that its client closes takes its candidate along",
    server: echo,
    not: NO_UPGRADE,
    async client(t) {
      const { session, webSocket } = await probed(t);
      await session.post("1");
      await webSocket.closed;
      await t.fetch("raw", pollingPath(`&sid=${session.sid}`));
    },
  },
];
