import type { PeerOptions } from "../peer.ts";
import type { Scenario } from "../scenario.ts";

const VALUES = [1, "two", null, { deep: [Buffer.from("three"), { four: new Uint8Array([4]) }] }];

type Transports = NonNullable<PeerOptions["transports"]>;

const UNMOVING: Transports[] = [["polling"], ["websocket"]];
const ALL: Transports[] = [...UNMOVING, ["polling", "websocket"]];

/** The same scenario over polling, over WebSocket, and with the upgrade. */
function eachTransport(make: (transports: Transports) => Scenario, all = ALL): Scenario[] {
  return all.map((transports) => {
    const scenario = make(transports);
    return { ...scenario, name: `${scenario.name} (${transports.join(" to ")})` };
  });
}

export const socketScenarios: Scenario[] = [
  ...eachTransport((transports) => ({
    name: "text, nested binary and acknowledgements go both ways",
    server(io, { logOf }) {
      io.on("connection", (socket) => {
        socket.on("echo", (...args: unknown[]) => {
          const reply = args.pop() as (...values: unknown[]) => void;
          reply(...args);
        });
        socket.emit("ask", "name?", (...answer: unknown[]) => {
          logOf(socket, "answer", ...answer);
          socket.emit("done");
        });
      });
    },
    async client(t) {
      const ann = t.client("ann", { transports });
      ann.on("ask", (_question, reply) => reply("Ada", Buffer.from("bytes")));
      await ann.next("done");
      await ann.ask("echo", ...VALUES);
    },
  })),
  ...eachTransport((transports) => ({
    name: "the server disconnects a client",
    server(io) {
      io.on("connection", (socket) => {
        socket.on("go", () => socket.disconnect(true));
      });
    },
    async client(t) {
      const ann = await t.connect("ann", { transports });
      ann.emit("go");
      await ann.next("disconnect");
    },
  })),
  ...eachTransport((transports) => ({
    name: "a client disconnects",
    async client(t) {
      const ann = await t.connect("ann", { transports });
      ann.disconnect();
    },
  })),
  ...eachTransport(
    (transports) => ({
      name: "a middleware refuses a client, with data",
      server(io) {
        io.use((socket, next) => {
          next(Object.assign(new Error("no"), { data: { code: 7, auth: socket.handshake.auth } }));
        });
      },
      async client(t) {
        const ann = t.client("ann", { transports, auth: { token: "abc" } });
        await ann.next("connect_error");
      },
    }),
    UNMOVING,
  ), // a client that is refused may end in the middle of its upgrade
  {
    name: "a namespace that does not exist refuses a client",
    async client(t) {
      const ann = t.client("ann", { transports: ["websocket"], namespace: "/nowhere" });
      await ann.next("connect_error");
    },
  },
  {
    name: "a broadcast to rooms reaches each member once, and not its sender",
    server(io) {
      io.on("connection", (socket) => {
        socket.on("join", (rooms: string[], reply: () => void) => {
          socket.join(rooms);
          reply();
        });
        socket.on("shout", (reply: () => void) => {
          socket.to("a").to("b").emit("heard", "in a or b");
          socket.to("a").except("b").emit("heard", "in a, not b");
          io.emit("heard everywhere");
          reply();
        });
      });
    },
    async client(t) {
      const rooms = { a: ["a"], b: ["b"], both: ["a", "b"], none: [], sender: ["a"] };
      const peers = await Promise.all(
        Object.entries(rooms).map(async ([name, joins]) => {
          const peer = await t.connect(name, { transports: ["websocket"] });
          await peer.ask("join", joins);
          return peer;
        }),
      );
      await peers.at(-1)?.ask("shout");
      await Promise.all(peers.map((peer) => peer.next("heard everywhere")));
    },
  },
  {
    name: "a socket middleware refuses an event",
    server(io, { logOf }) {
      io.on("connection", (socket) => {
        socket.use(([event]: string[], next: (error?: Error) => void) =>
          next(event === "bad" ? new Error("refused") : undefined),
        );
        socket.on("error", (error: Error) => {
          logOf(socket, "error", error);
          socket.emit("refused");
        });
        socket.on("bad", () => logOf(socket, "must not be heard"));
        socket.on("good", (reply: () => void) => reply());
      });
    },
    async client(t) {
      const ann = await t.connect("ann", { transports: ["websocket"] });
      ann.emit("bad");
      await ann.next("refused");
      await ann.ask("good");
    },
  },
];
