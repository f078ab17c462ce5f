// One scenario for each part of the framework: a tour for those who write more.

import * as msgpackParser from "socket.io-msgpack-parser";
import type { Anything, CompatServer, Scenario } from "../scenario.ts";

/** What every client can say: an echo, and a packet with bytes back. */
function echo(io: CompatServer): void {
  io.on("connection", (socket) => {
    socket.on("echo", (value: unknown, reply: (value: unknown) => void) => {
      socket.emit("bytes", Buffer.from([0, 1, 254, 255]));
      reply(value);
    });
  });
}

/** A client of each version that the reference serves. */
function eachVersion(): Scenario[] {
  return ([3, 2, 1] as const).flatMap((version) =>
    ([["polling"], ["websocket"], ["polling", "websocket"]] as const).map(
      (transports) =>
        ({
          name: `client ${version} sends and gets text, bytes and answers (${transports.join(" to ")})`,
          options: { allowEIO3: true },
          server: echo,
          async client(t) {
            const ann = await t.connect("ann", { version, transports });
            await ann.ask("echo", { text: "hello", bytes: Buffer.from("bytes") });
            await ann.next("bytes");
          },
        }) satisfies Scenario,
    ),
  );
}

export const tourScenarios: Scenario[] = [
  ...eachVersion(),
  {
    name: "two namespaces share a connection",
    server(io) {
      echo(io);
      echo(io.of("/admin"));
    },
    async client(t) {
      const ann = await t.connect("ann");
      const admin = ann.of("/admin", { auth: { token: "abc" } });
      await admin.connected();
      await admin.ask("echo", 1);
      admin.disconnect();
      await ann.ask("echo", 2);
    },
  },
  {
    name: "a client comes back after its connection was cut, and gets what it missed",
    options: { connectionStateRecovery: {} },
    server(io, { command }) {
      command("say", (text: string) => void io.emit("said", text));
      command("sockets", async () => (await io.fetchSockets()).length);
    },
    async client(t) {
      const options = { reconnection: true, reconnectionDelay: 150, randomizationFactor: 0 };
      const ann = await t.connect("ann", { transports: ["websocket"], ...options });
      await t.command("say", "before");
      await ann.next("said");
      await ann.next("connect");
      t.cut("ann");
      await ann.next("disconnect");
      await t.until(async () => (await t.command("sockets")) === 0);
      await t.command("say", "meanwhile");
      await ann.next("connect");
      await ann.next("said");
      ann.log("recovered", ann.socket.recovered);
      await t.command("say", "after");
      await ann.next("said");
    },
  },
  ...(["polling", "websocket"] as const).map(
    (transport): Scenario => ({
      name: `a client that falls silent is given up after a ping (${transport})`,
      options: { pingInterval: 100, pingTimeout: 150 },
      server(io, { command }) {
        const ended = new Promise<string>((resolve) => {
          io.on("connection", (socket) => socket.on("disconnect", resolve));
        });
        command("ended", () => ended);
      },
      async client(t) {
        const ann = await t.connect("ann", { transports: [transport] });
        let pings = 0;
        ann.socket.io.on("ping", () => pings++);
        await t.until(() => pings > 1); // so that a ping and its answer are on record
        t.freeze("ann");
        await ann.next("disconnect");
        t.log("ended", await t.command("ended"));
      },
    }),
  ),
  {
    name: "two servers do not share rooms without an adapter that joins them",
    server(io, { addServer, command }) {
      const other = addServer();
      for (const server of [io, other]) {
        server.on("connection", (socket) => socket.join("a"));
      }
      command("say", () => {
        io.to("a").emit("from the first");
        other.to("a").emit("from the second");
      });
    },
    async client(t) {
      const ann = await t.connect("ann", { transports: ["websocket"] });
      const bob = await t.connect("bob", { transports: ["websocket"], server: 1 });
      await t.command("say");
      await Promise.all([ann.next("from the first"), bob.next("from the second")]);
    },
  },
  {
    name: "the parser of MessagePack carries text, bytes and answers",
    options: { parser: msgpackParser },
    server: echo,
    async client(t) {
      const ann = await t.connect("ann", { parser: msgpackParser });
      await ann.ask("echo", { bytes: Buffer.from("bytes") });
      await ann.next("bytes");
    },
  },
  {
    name: "the server closes while clients are connected",
    server(io, { command }) {
      command("close", () => void io.close());
    },
    async client(t) {
      const ann = await t.connect("ann", { transports: ["websocket"] });
      const bob = await t.connect("bob");
      await t.command("close");
      await Promise.all([ann.next("disconnect"), bob.next("disconnect")]);
    },
  },
  {
    name: "long messages are compressed where both sides wish it",
    options: { perMessageDeflate: { threshold: 100 } },
    server: echo,
    async client(t) {
      const ann = await t.connect("ann", { transports: ["websocket"] });
      await ann.ask("echo", "x".repeat(500));
      await ann.ask("echo", "y".repeat(500));
      await ann.ask("echo", "short");
    },
  },
  {
    name: "a poll's answer above the threshold is compressed",
    async client(t) {
      const path = "/socket.io/?EIO=4&transport=polling";
      const { body } = await t.fetch("raw", path);
      const { sid } = JSON.parse(body.slice(1));
      await t.fetch("raw", `${path}&sid=${sid}`, { method: "POST", body: "40" });
      await t.fetch("raw", `${path}&sid=${sid}`);
      await t.command("say", "z".repeat(3000));
      await t.fetch("raw", `${path}&sid=${sid}`, { headers: { "Accept-Encoding": "gzip" } });
    },
    server(io, { command }) {
      command("say", (text: string) => void io.emit("said", text));
    },
  },
  {
    name: "a WebSocket without a client library keeps the rules of the handshake",
    async client(t) {
      const url = `${t.url("raw").replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`;
      const webSocket = new WebSocket(url);
      const messages: string[] = [];
      const closed = new Promise<Event>((resolve) => {
        webSocket.addEventListener("close", resolve);
      });
      webSocket.addEventListener("message", ({ data }) => {
        messages.push(String(data));
        if (messages.length === 1) {
          webSocket.send("40");
        } else {
          webSocket.close();
        }
      });
      await closed;
      const open: Anything = JSON.parse(messages[0]?.slice(1) ?? "{}");
      t.check("the first packet is of the type open", messages[0]?.startsWith("0{") === true);
      t.check("a session has an id", typeof open.sid === "string", open);
      t.check("over WebSocket there is nothing to upgrade to", open.upgrades?.length === 0, open);
    },
  },
];
