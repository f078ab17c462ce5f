// Adapters that fail at once, where a client waits for an answer: it gets one, and the server goes on.

import { afterEach, beforeEach, describe, expect, type Mock, spyOn, test } from "bun:test";
import { Adapter, SessionAwareAdapter } from "bun-socket.io/adapter";
import type { Socket } from "socket.io-client";
import { Clients, connected, once } from "../support/clients.ts";
import { HOSTS, type Running } from "../support/hosts.ts";

const clients = new Clients();
let running: Running;
let told: Mock<typeof process.emitWarning>;
beforeEach(() => {
  told = spyOn(process, "emitWarning").mockImplementation(() => {});
});
afterEach(async () => {
  told.mockRestore();
  clients.closeAll();
  await running.close();
});

const make = (name = "/") => clients.make(running.url + name, { transports: ["websocket"] });

async function refusal(client: Socket): Promise<string> {
  const [error] = await once<[Error]>(client, "connect_error");
  return error.message;
}

const causes = () =>
  told.mock.calls.map(([, options]) => String(Reflect.get(Object(options), "detail")));

describe.each(HOSTS)("with $name", ({ start }) => {
  test("a client whose rooms cannot be kept is refused, and may try again", async () => {
    let isBroken = true;
    running = start({
      adapter: class extends Adapter {
        override addAll(...args: Parameters<Adapter["addAll"]>): void {
          if (isBroken) {
            throw new Error("no rooms left");
          }
          super.addAll(...args);
        }
      },
    });
    const events: unknown[] = [];
    running.io.use((socket, next) => {
      socket.on("disconnect", (reason) => events.push(reason));
      next();
    });
    running.io.on("connection", () => events.push("connection"));
    const client = make();
    expect(await refusal(client)).toBe("adapter failed");
    expect(causes()).toEqual([expect.stringContaining("no rooms left")]);
    expect(running.io.sockets.sockets.size).toBe(0);
    isBroken = false;
    client.connect();
    await connected(client);
    expect(events).toEqual(["server namespace disconnect", "connection"]);
  });

  test.each(["constructor", "init()"])(
    "a client of a dynamic namespace whose adapter fails in its %s is refused at once, and may try again",
    async (where) => {
      let isBroken = false;
      const fail = (here: string): void => {
        if (isBroken && here === where) {
          throw new Error("no adapter");
        }
      };
      running = start({
        adapter: class extends Adapter {
          constructor(...args: ConstructorParameters<typeof Adapter>) {
            super(...args);
            fail("constructor");
          }

          override init(): void {
            fail("init()");
          }
        },
      });
      running.io.of(/^\/room-/);
      isBroken = true;
      const client = make("/room-1");
      expect(await refusal(client)).toBe("Invalid namespace");
      expect(causes()).toEqual([expect.stringContaining("no adapter")]);
      expect(running.io._nsps.has("/room-1")).toBeFalse();
      isBroken = false;
      client.connect();
      await connected(client);
    },
  );

  test("a session whose rooms cannot be kept can be taken up once they can", async () => {
    let isBroken = false;
    running = start({
      connectionStateRecovery: {},
      adapter: class extends SessionAwareAdapter {
        override addAll(...args: Parameters<Adapter["addAll"]>): Promise<void> | void {
          if (isBroken) {
            throw new Error("no rooms left");
          }
          return super.addAll(...args);
        }
      },
    });
    running.io.on("connection", (socket) => void socket.join("room"));
    const client = make();
    await connected(client);
    const { id } = client;
    isBroken = true;
    const refused = refusal(client);
    const socket = running.io.sockets.sockets.get(String(id));
    const gone = new Promise((resolve) => socket?.once("disconnect", resolve));
    client.io.engine.close();
    await gone;
    client.connect();
    expect(await refused).toBe("adapter failed");
    isBroken = false;
    client.connect();
    await connected(client);
    expect([client.id, client.recovered]).toEqual([id, true]);
    expect([...(running.io.sockets.sockets.get(String(id))?.rooms ?? [])].sort()).toEqual(
      [String(id), "room"].sort(),
    );
  });

  test.each(["constructor", "init"])(
    "a client of a dynamic namespace whose adapter fails in its %s is refused",
    async (where) => {
      let isBroken = true;
      class Failing extends Adapter {
        constructor(nsp: ConstructorParameters<typeof Adapter>[0]) {
          super(nsp);
          this.#failIn("constructor");
        }
        override init(): void {
          this.#failIn("init");
        }
        #failIn(place: string): void {
          if (isBroken && place === where && this.nsp.name === "/dynamic") {
            throw new Error("no adapter");
          }
        }
      }
      running = start({ adapter: Failing });
      running.io.of(/^\/dynamic/);
      const client = make("/dynamic");
      expect(await refusal(client)).toBe("Invalid namespace");
      expect(causes()).toEqual([expect.stringContaining("no adapter")]);
      isBroken = false;
      client.connect();
      await connected(client);
    },
  );

  test("an adapter that cannot count its nodes keeps a broadcast waiting no longer than its time", async () => {
    running = start({
      adapter: class extends Adapter {
        override serverCount(): Promise<number> {
          return Promise.reject(new Error("away"));
        }
      },
    });
    const client = make();
    await connected(client);
    client.on("ask", (reply) => reply("here"));
    const failure = (sent: Promise<unknown>) =>
      sent.then(
        () => null,
        (error) => error,
      );
    expect(await failure(running.io.emitWithAck("ask"))).toMatchObject({
      code: "ERR_PARTIAL_RESPONSE",
      cause: new Error("away"),
    });
    expect(await failure(running.io.timeout(50).emitWithAck("ask"))).toMatchObject({
      code: "ERR_ACK_TIMEOUT",
      responses: ["here"],
    });
  });

  test("a broadcast waits for its nodes where they can be counted a little later", async () => {
    let failures = 1;
    running = start({
      adapter: class extends Adapter {
        override serverCount(): Promise<number> {
          return failures-- > 0 ? Promise.reject(new Error("away")) : super.serverCount();
        }
      },
    });
    const client = make();
    await connected(client);
    client.on("ask", (reply) => reply("here"));
    expect(await running.io.timeout(5_000).emitWithAck("ask")).toEqual(["here"]);
  });
});
