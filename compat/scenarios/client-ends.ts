// How connections end, for clients of each version, and how they come back.

import type { Peer } from "../peer.ts";
import type { Anything, Scenario } from "../scenario.ts";
import {
  ALL,
  echo,
  forEach,
  OLD_VERSIONS,
  UNMOVING,
  VERSIONS,
  WEBSOCKET,
} from "./client-support.ts";

/** Makes it connect again, and waits for that. */
async function again(peer: Peer): Promise<void> {
  peer.socket.connect();
  await peer.next("connect");
}

export const clientEndScenarios: Scenario[] = [
  ...forEach(VERSIONS, UNMOVING, (version, transports) => ({
    name: "the server disconnects the socket, or its whole connection",
    server(io) {
      echo(io);
      io.on("connection", (socket) => {
        socket.on("leave", () => socket.disconnect());
        socket.on("leave all", () => {
          socket.emit("last words", Buffer.from("bye"));
          socket.disconnect(true);
        });
      });
    },
    async client(t) {
      const ann = await t.connect("ann", { version, transports });
      ann.emit("leave");
      await ann.next("disconnect");
      const bob = await t.connect("bob", { version, transports });
      bob.emit("leave all");
      await bob.next("disconnect");
    },
  })),
  ...forEach(VERSIONS, [WEBSOCKET], (version, transports) => ({
    name: "the client ends its engine, or the network is cut, and the server knows why",
    server(io, { command }) {
      const reasons: string[] = [];
      io.on("connection", (socket) =>
        socket.on("disconnect", (reason: string) => reasons.push(reason)),
      );
      command("reasons", () => reasons);
    },
    async client(t) {
      const ann = await t.connect("ann", { version, transports });
      ann.socket.io.engine.close();
      await ann.next("disconnect");
      const bob = await t.connect("bob", { version, transports });
      t.cut("bob");
      await bob.next("disconnect");
      await t.until(async () => (await t.command<string[]>("reasons")).length === 2);
      t.log("reasons", await t.command("reasons"));
    },
  })),
  ...forEach(VERSIONS, UNMOVING, (version, transports) => ({
    name: "a client that lost its connection comes back by itself",
    server: echo,
    async client(t) {
      const reconnection = { reconnection: true, reconnectionDelay: 10, randomizationFactor: 0 };
      const ann = await t.connect("ann", { version, transports, ...reconnection });
      await ann.next("connect");
      await ann.ask("echo", "before");
      ann.socket.io.engine.close();
      await ann.next("disconnect");
      ann.emit("echo", "offline", (answer: unknown) => ann.log("answered", answer));
      await ann.next("connect");
      await ann.ask("echo", "after");
    },
  })),
  ...forEach(VERSIONS, UNMOVING, (version, transports) => ({
    name: "all clients are told when the server closes",
    server(io, { command }) {
      io.of("/other");
      command("close", () => void io.close());
      command("is ready", () =>
        [...io.sockets.sockets.values()].every(({ conn }) => conn.transport.writable),
      );
    },
    async client(t) {
      const ann = await t.connect("ann", { version, transports });
      const other = ann.of("/other");
      await other.connected();
      await t.until(() => t.command("is ready")); // a client between two polls finds no server
      await t.command("close");
      await Promise.all([ann.next("disconnect"), other.next("disconnect")]);
    },
  })),
  ...forEach(VERSIONS, ALL, (version, transports) => ({
    name: "the server disconnects all sockets of a namespace",
    server(io, { command }) {
      command("leave", (close: boolean) => io.disconnectSockets(close));
    },
    async client(t) {
      for (const [name, close] of [
        ["ann", false],
        ["bob", true],
      ] as const) {
        const peer = await t.connect(name, { version, transports });
        await t.command("leave", close);
        await peer.next("disconnect");
      }
    },
  })),
  ...forEach([3], UNMOVING, (version, transports) => ({
    name: "a client that falls silent is given up",
    options: { pingInterval: 100, pingTimeout: 1000 },
    server: ended,
    async client(t) {
      const ann = await t.connect("ann", { version, transports });
      t.freeze("ann");
      await ann.next("disconnect");
      t.log("ended", await t.command("ended"));
    },
  })),
  ...forEach(OLD_VERSIONS, [WEBSOCKET], (version, transports) => ({
    name: "an old client whose pings go nowhere gives up, and so does the server",
    options: { pingInterval: 300, pingTimeout: 2500 },
    server: ended,
    async client(t) {
      const ann = await t.connect("ann", { version, transports });
      let pongs = 0;
      ann.socket.io.engine.on("pong", () => pongs++);
      await t.until(() => pongs > 1); // so that a ping and its answer are on record
      t.freeze("ann");
      await ann.next("disconnect");
      t.log("ended", await t.command("ended"));
    },
  })),
  ...forEach(OLD_VERSIONS, UNMOVING, (version, transports) => ({
    name: "an old client that sends no pings is given up",
    options: { pingInterval: 300, pingTimeout: 1000 },
    server: ended,
    async client(t) {
      const ann = await t.connect("ann", { version, transports });
      clearTimeout(ann.socket.io.engine.pingIntervalTimer);
      clearTimeout(ann.socket.io.engine.pingTimeoutTimer);
      t.log("ended", await t.command("ended"));
      await ann.next("disconnect");
    },
  })),
  {
    name: "a client of version 4 that misses the pings of the server says so",
    options: { pingInterval: 200, pingTimeout: 800 },
    server: ended,
    async client(t) {
      const ann = await t.connect("ann", { transports: ["websocket"] });
      t.freeze("ann");
      await ann.next("disconnect");
      t.log("ended", await t.command("ended"));
      t.thaw("ann");
      await again(ann);
    },
  },
  {
    name: "one namespace is left and joined again while another is used",
    server(io) {
      echo(io);
      echo(io.of("/b"));
    },
    async client(t) {
      const ann = await t.connect("ann", { transports: ["websocket"] });
      const b = ann.of("/b");
      await b.connected();
      for (let round = 0; round < 3; round++) {
        b.socket.disconnect();
        await ann.ask("echo", round);
        b.socket.connect();
        await t.until(() => b.socket.connected);
        await b.ask("echo", round);
      }
    },
  },
  {
    name: "a listener of disconnecting still sees the rooms, and says goodbye to them",
    server(io) {
      io.on("connection", (socket) => {
        socket.join("room");
        socket.on("disconnecting", (reason: string) => {
          socket.to("room").emit("left", reason, socket.rooms.has("room"));
        });
      });
    },
    async client(t) {
      const ann = await t.connect("ann", { transports: ["websocket"] });
      const bob = await t.connect("bob", { transports: ["polling"] });
      ann.disconnect();
      await bob.next("left");
      const cid = await t.connect("cid", { transports: ["websocket"] });
      cid.socket.io.engine.close();
      await bob.next("left");
    },
  },
];

/** `ended` resolves with the reason for which a socket ended. */
function ended(io: Anything, { command }: Anything): void {
  const reason = new Promise<string>((resolve) => {
    io.on("connection", (socket: Anything) => socket.on("disconnect", resolve));
  });
  command("ended", () => reason);
}
