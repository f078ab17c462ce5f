import { io as connect, type Socket } from "socket.io-client";
import type { Log, Scenario } from "../scenario.ts";

/** Connects a stock client, lets `act` use it, and waits until `act` is done. */
const withClient =
  (
    transports: string[],
    act: (client: Socket, log: Log, url: string) => Promise<void>,
    path = "",
  ): Scenario["client"] =>
  async (url, log) => {
    const client = connect(url + path, { transports, forceNew: true, reconnection: false });
    client.onAny((event: string, ...args: unknown[]) => log(event, ...args));
    client.on("connect_error", (error: Error & { data?: unknown }) =>
      log("connect_error", error.message, error.data),
    );
    client.on("disconnect", (reason) => log("disconnect", reason));
    await act(client, log, url);
    client.disconnect();
  };

const until = (client: Socket, event: string): Promise<unknown> =>
  new Promise((resolve) => client.once(event, resolve));

const VALUES = [1, "two", null, { deep: [Buffer.from("three"), { four: new Uint8Array([4]) }] }];

function eachTransport(make: (transports: string[]) => Scenario): Scenario[] {
  return [["polling"], ["websocket"], ["polling", "websocket"]].map((transports) => {
    const scenario = make(transports);
    return { ...scenario, name: `${scenario.name} (${transports.join(" to ")})` };
  });
}

export const socketScenarios: Scenario[] = [
  ...eachTransport((transports) => ({
    name: "text, nested binary and acknowledgements go both ways",
    server(io, log) {
      io.on("connection", (socket) => {
        socket.on("echo", (...args: unknown[]) => {
          log("echo", ...args.slice(0, -1));
          (args.at(-1) as (...reply: unknown[]) => void)(...args.slice(0, -1));
        });
        socket.emit("ask", "name?", (...answer: unknown[]) => {
          log("answer", ...answer);
          socket.emit("done");
        });
      });
    },
    client: withClient(transports, async (client, log) => {
      client.on("ask", (_question: string, reply: (...args: unknown[]) => void) =>
        reply("Ada", Buffer.from("bytes")),
      );
      await until(client, "done");
      await new Promise<void>((resolve) =>
        client.emit("echo", ...VALUES, (...reply: unknown[]) => {
          log("reply", ...reply);
          resolve();
        }),
      );
    }),
  })),
  ...eachTransport((transports) => ({
    name: "the server disconnects a client",
    server(io, log) {
      io.on("connection", (socket) => {
        socket.on("disconnecting", (reason: string) =>
          log("disconnecting", reason, socket.rooms.size),
        );
        socket.on("disconnect", (reason: string) =>
          log("disconnect", reason, socket.rooms.size, socket.connected),
        );
        socket.on("go", () => socket.disconnect(true));
      });
    },
    client: withClient(transports, async (client) => {
      const disconnected = until(client, "disconnect");
      client.emit("go");
      await disconnected;
    }),
  })),
  ...eachTransport((transports) => ({
    name: "a middleware refuses a client, with data",
    server(io) {
      io.use((_socket, next) => next(Object.assign(new Error("no"), { data: { code: 7 } })));
    },
    client: withClient(transports, async (client) => {
      await until(client, "connect_error");
    }),
  })),
  {
    name: "a namespace that does not exist refuses a client",
    client: withClient(
      ["websocket"],
      async (client) => {
        await until(client, "connect_error");
      },
      "/nowhere",
    ),
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
          io.emit("heard", "by all");
          reply();
        });
      });
    },
    client: withClient(["websocket"], async (sender, log, url) => {
      const others = [["a"], ["b"], ["a", "b"], []].map((rooms) => {
        const client = connect(url, { transports: ["websocket"], forceNew: true });
        const heard: unknown[] = [];
        const all = new Promise<void>((resolve) => {
          client.on("heard", (what: string) => {
            heard.push(what);
            if (what === "by all") {
              resolve();
            }
          });
        });
        return { rooms, client, heard, all };
      });
      await Promise.all(others.map(({ client, rooms }) => client.emitWithAck("join", rooms)));
      await sender.emitWithAck("join", ["a"]);
      await sender.emitWithAck("shout");
      for (const { rooms, client, heard, all } of others) {
        await all;
        log("heard", rooms, heard);
        client.disconnect();
      }
    }),
  },
  {
    name: "a socket middleware refuses an event",
    server(io, log) {
      io.on("connection", (socket) => {
        socket.use(([event]: string[], next: (error?: Error) => void) =>
          next(event === "bad" ? new Error("refused") : undefined),
        );
        socket.on("error", (error: Error) => log("error", error.message));
        socket.on("bad", () => log("must not be heard"));
        socket.on("good", (reply: () => void) => reply());
      });
    },
    client: withClient(["websocket"], async (client) => {
      client.emit("bad");
      await client.emitWithAck("good");
    }),
  },
];
