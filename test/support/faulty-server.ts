// An application whose listeners throw, in a process of its own: `bun test` would take what the
// runtime reports for a failure of the test. It tells its parent the port, then every report.

import { Adapter } from "bun-socket.io";
import { HOSTS } from "./hosts.ts";

const host = HOSTS.find(({ name }) => name === process.argv[2]) ?? HOSTS[0];
if (host === undefined) {
  throw new Error("there is no host");
}
const tell = (message: object): void => {
  process.send?.(message);
};
const describe = (error: unknown): string => (error instanceof Error ? error.message : `${error}`);
process.on("uncaughtException", (error) => tell({ uncaught: describe(error) }));
process.on("unhandledRejection", (error) => tell({ rejected: describe(error) }));

const { io, url } = host.start();

io.of("/throws on connection").on("connection", () => {
  throw new Error("connection");
});

io.of(/^\/throws when made/);
io.on("new_namespace", (namespace) => {
  if (namespace.name.startsWith("/throws when made")) {
    throw new Error("new_namespace");
  }
});

const recovering = host.start({ connectionStateRecovery: { maxDisconnectionDuration: 100 } });
recovering.io.on("session_expired", () => {
  throw new Error("session_expired");
});
recovering.io.of("/").adapter.on("session-expired", () => {
  throw new Error("session-expired");
});

const { adapter } = io.of("/throws on adapter events");
if (adapter instanceof Adapter) {
  for (const event of ["create-room", "join-room", "leave-room", "delete-room"]) {
    adapter.on(event, () => {
      throw new Error(event);
    });
  }
}

io.on("connection", (socket) => {
  socket.on("ping", (reply) => reply("pong"));
  socket.on("throw", () => {
    throw new Error("listener");
  });
  socket.on("reject", async () => {
    await Promise.resolve();
    throw new Error("async listener");
  });
  socket.on("throw in onAny", () => {
    socket.onAny(() => {
      throw new Error("onAny");
    });
  });
  socket.on("offAny", () => socket.offAny());
  socket.on("throw in use", (reply) => {
    socket.use(([event], next) => {
      if (event === "thrower") {
        throw new Error("use");
      }
      next();
    });
    socket.use(async ([event], next) => {
      if (event === "rejecter") {
        throw new Error("async use");
      }
      next();
    });
    socket.on("error", (error) => socket.emit("refused", describe(error.cause)));
    reply();
  });
  socket.on("throw in ack", () => {
    socket.emit("ask", () => {
      throw new Error("ack");
    });
  });
  socket.on("throw in ack after timeout", () => {
    socket.timeout(1).emit("never answered", () => {
      throw new Error("ack after timeout");
    });
  });
  socket.on("throw in broadcast ack", () => {
    io.to(socket.id)
      .timeout(10_000)
      .emit("ask", () => {
        throw new Error("broadcast ack");
      });
  });
  socket.on("throw in error listener", (reply) => {
    socket.on("error", () => {
      throw new Error("error listener");
    });
    reply();
  });
  socket.on("throw on disconnect", (reply) => {
    socket.on("disconnecting", () => {
      throw new Error("disconnecting");
    });
    socket.on("disconnect", () => {
      throw new Error("disconnect");
    });
    reply();
  });
  socket.on("count", (name, reply) => {
    const { adapter, sockets } = io.of(name);
    reply({ sockets: sockets.size, sids: adapter.sids.size, sessions: io.engine.clientsCount });
  });
});

io.of("/second").on("connection", (socket) => {
  socket.on("ping", (reply) => reply("pong"));
  socket.on("disconnect", () => tell({ left: "/second" }));
});

process.on("disconnect", () => process.exit(0));
tell({ url, recoveringUrl: recovering.url });
