// An adapter whose store fails, with connection state recovery: clients come and go all the same.

import { afterEach, describe, expect, test } from "bun:test";
import type { ServerOptions } from "bun-socket.io";
import { SessionAwareAdapter } from "../../adapters/session-aware.ts";
import { Clients, once } from "../support/clients.ts";
import { HOSTS } from "../support/hosts.ts";

const clients = new Clients();
afterEach(() => clients.closeAll());

class ThrowingAdapter extends SessionAwareAdapter {
  override persistSession(): void {
    throw new Error("the store is full");
  }
}

class RejectingAdapter extends SessionAwareAdapter {
  override persistSession(): Promise<void> {
    return Promise.reject(new Error("the store is away"));
  }
}

const ADAPTERS: [string, NonNullable<ServerOptions["adapter"]>][] = [
  ["throws", ThrowingAdapter],
  ["rejects", RejectingAdapter],
];

function warning(): Promise<[Error]> {
  return new Promise((resolve) => process.once("warning", (error) => resolve([error])));
}

describe.each(HOSTS)("with $name", ({ start }) => {
  test.each(ADAPTERS)(
    "a session that cannot be kept is lost, and nothing of it stays (%s)",
    async (_name, adapter) => {
      const running = start({ connectionStateRecovery: {}, adapter });
      const { io } = running;
      const namespaces = [io.of("/"), io.of("/a")];
      const gone = namespaces.map(
        (namespace) =>
          new Promise<unknown>((resolve) => {
            namespace.on("connection", (socket) => socket.on("disconnect", resolve));
          }),
      );
      const client = await clients.connect(running.url, { transports: ["websocket"] });
      const second = client.io.socket("/a");
      await once(second, "connect");
      const warned = warning();
      client.io.engine.close();
      expect(await Promise.all(gone)).toEqual(["transport close", "transport close"]);
      expect((await warned)[0].message).toContain("could not keep a session");
      for (const { sockets, adapter: memory } of namespaces) {
        expect([...sockets, ...memory.rooms, ...memory.sids]).toEqual([]);
      }
      const stays = await clients.connect(running.url);
      const end = once(stays, "disconnect");
      await running.close();
      await end;
    },
  );

  test("a client that is refused while it takes its session up again hears so", async () => {
    const Adapter = class extends SessionAwareAdapter {
      isBroken = false;
      override persistSession(session: Parameters<SessionAwareAdapter["persistSession"]>[0]): void {
        if (this.isBroken) {
          throw new Error("the store is full");
        }
        super.persistSession(session);
      }
    };
    let made: InstanceType<typeof Adapter> | undefined;
    const running = start({
      connectionStateRecovery: { skipMiddlewares: false },
      adapter: (nsp) => {
        made = new Adapter(nsp);
        return made;
      },
    });
    const { io } = running;
    const client = await clients.connect(running.url, { transports: ["websocket"] });
    const left = new Promise((resolve) => {
      for (const socket of io.sockets.sockets.values()) {
        socket.on("disconnect", resolve);
      }
    });
    client.io.engine.close();
    await left;
    if (made !== undefined) {
      made.isBroken = true;
    }
    io.use((_socket, next) => next(new Error("not now")));
    const refused = once<[Error]>(client, "connect_error");
    client.connect();
    expect((await refused)[0].message).toBe("not now");
    expect([io.sockets.sockets.size, made?.rooms.size]).toEqual([0, 0]);
    await running.close();
  });
});
