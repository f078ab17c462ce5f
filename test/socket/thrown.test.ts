// What an application's listeners throw is the runtime's, and the sessions go on.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import type { Socket } from "socket.io-client";
import { Clients, connected, once } from "../support/clients.ts";
import { HOSTS, TRANSPORTS } from "../support/hosts.ts";

interface Report {
  url?: string;
  recoveringUrl?: string;
  uncaught?: string;
  rejected?: string;
  left?: string;
}

/** A process that runs support/faulty-server.ts, and what it reports. */
class FaultyServer {
  readonly #process: Bun.Subprocess;
  readonly #reports: Report[] = [];
  #waiting: (() => void)[] = [];
  url = "";
  /** Of the server there that has connection state recovery. */
  recoveringUrl = "";

  constructor(host: string) {
    this.#process = Bun.spawn(
      [process.execPath, `${import.meta.dir}/../support/faulty-server.ts`, host],
      {
        stdio: ["ignore", "inherit", "inherit"],
        ipc: (report: Report) => {
          this.#reports.push(report);
          for (const resolve of this.#waiting.splice(0)) {
            resolve();
          }
        },
      },
    );
  }

  /** The next report that nobody has asked for yet. */
  async report(): Promise<Report> {
    while (this.#reports.length === 0) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return this.#reports.shift() ?? {};
  }

  async stop(): Promise<void> {
    this.#process.kill();
    await this.#process.exited;
  }
}

const clients = new Clients();
afterEach(() => clients.closeAll());

describe.each(HOSTS)("$name", ({ name }) => {
  let server: FaultyServer;
  beforeAll(async () => {
    server = new FaultyServer(name);
    const { url = "", recoveringUrl = "" } = await server.report();
    server.url = url;
    server.recoveringUrl = recoveringUrl;
  });
  afterAll(() => server.stop());

  describe.each(TRANSPORTS)("over $name", ({ transports }) => {
    async function two(): Promise<[Socket, Socket]> {
      const options = { transports: [...transports] };
      const other = await clients.connect(server.url, options);
      return [await clients.connect(server.url, options), other];
    }

    async function expectAlive(...sockets: Socket[]): Promise<void> {
      expect(await Promise.all(sockets.map((socket) => socket.emitWithAck("ping")))).toEqual(
        sockets.map(() => "pong"),
      );
    }

    test("reports what a listener throws, and the session goes on", async () => {
      const [client, other] = await two();
      client.emit("throw");
      expect(await server.report()).toEqual({ uncaught: "listener" });
      await expectAlive(client, other);
    });

    test("delivers the events behind one whose listener throws", async () => {
      const [client] = await two();
      client.emit("throw");
      client.emit("throw");
      const alive = client.emitWithAck("ping");
      expect(await server.report()).toEqual({ uncaught: "listener" });
      expect(await server.report()).toEqual({ uncaught: "listener" });
      expect(await alive).toBe("pong");
    });

    test("reports what an asynchronous listener rejects with, and the session goes on", async () => {
      const [client, other] = await two();
      client.emit("reject");
      expect(await server.report()).toEqual({ rejected: "async listener" });
      await expectAlive(client, other);
    });

    test("reports what a catch-all listener throws, and the session goes on", async () => {
      const [client, other] = await two();
      client.emit("throw in onAny");
      client.emit("unheard");
      expect(await server.report()).toEqual({ uncaught: "onAny" });
      await expectAlive(other);
      expect(client.connected).toBeTrue();
    });

    test("emits what socket middlewares throw or reject with as the cause of an error", async () => {
      const [client] = await two();
      await client.emitWithAck("throw in use");
      const refused: string[] = [];
      const both = new Promise<void>((resolve) => {
        client.on("refused", (message) => {
          refused.push(message);
          if (refused.length === 2) {
            resolve();
          }
        });
      });
      client.emit("thrower");
      client.emit("rejecter");
      await both;
      expect(refused.sort()).toEqual(["async use", "use"]);
      await expectAlive(client);
    });

    test("reports what an acknowledgement's callback throws, and the session goes on", async () => {
      const [client, other] = await two();
      client.on("ask", (reply) => reply("answer"));
      for (const event of ["ack", "broadcast ack"]) {
        client.emit(`throw in ${event}`);
        const { uncaught, rejected } = await server.report();
        expect(uncaught ?? rejected).toBe(event);
        await expectAlive(client, other);
      }
      client.emit("throw in ack after timeout");
      expect(await server.report()).toEqual({ uncaught: "ack after timeout" });
      await expectAlive(client, other);
    });

    test("reports what disconnect listeners throw, and everything else of the client is closed", async () => {
      const [client, other] = await two();
      const second = client.io.socket("/second");
      await connected(second);
      const before = await other.emitWithAck("count", "/");
      await client.emitWithAck("throw on disconnect");
      client.io.engine.close();
      const reports = [await server.report(), await server.report(), await server.report()];
      expect(reports).toContainEqual({ uncaught: "disconnecting" });
      expect(reports).toContainEqual({ uncaught: "disconnect" });
      expect(reports).toContainEqual({ left: "/second" });
      await expectAlive(other);
      const after = await other.emitWithAck("count", "/");
      expect(before.sockets - after.sockets).toBe(1);
      expect(before.sids - after.sids).toBe(1);
      expect(before.sessions - after.sessions).toBe(1);
    });

    test("reports what an error listener throws, and still closes the connection that sent garbage", async () => {
      const [client, other] = await two();
      const second = client.io.socket("/second");
      await connected(second);
      await client.emitWithAck("throw in error listener");
      const gone = once(client, "disconnect");
      client.io.engine.write("garbage");
      const reports = [await server.report(), await server.report()];
      expect(reports).toContainEqual({ uncaught: "error listener" });
      expect(reports).toContainEqual({ left: "/second" });
      await gone;
      await expectAlive(other);
    });

    test("reports what a connection listener throws, and the socket is connected all the same", async () => {
      const [client, other] = await two();
      const thrower = client.io.socket("/throws on connection");
      await connected(thrower);
      expect(await server.report()).toEqual({ uncaught: "connection" });
      await expectAlive(client, other);
    });

    test("reports what a listener of new_namespace throws, and the client that asked for it gets in", async () => {
      const [client, other] = await two();
      const name = `/throws when made ${crypto.randomUUID()}`;
      await connected(client.io.socket(name));
      expect(await server.report()).toEqual({ uncaught: "new_namespace" });
      await connected(other.io.socket(name));
      await expectAlive(client, other);
    });

    test("reports what listeners throw when sessions expire, and the other sessions expire all the same", async () => {
      const options = { transports: [...transports] };
      const [a, b] = await Promise.all(
        [1, 2].map(() => clients.connect(server.recoveringUrl, options)),
      );
      a?.io.engine.close();
      b?.io.engine.close();
      const reports: Report[] = [];
      for (let count = 0; count < 4; count++) {
        reports.push(await server.report());
      }
      const told = reports.map(({ uncaught }) => uncaught);
      expect(told.filter((each) => each === "session_expired")).toHaveLength(2);
      expect(told.filter((each) => each === "session-expired")).toHaveLength(2);
    });

    test("reports what listeners of an adapter throw, and nobody is left half way into a room or out of it", async () => {
      const [client, other] = await two();
      const name = "/throws on adapter events";
      const thrower = client.io.socket(name);
      const second = client.io.socket("/second");
      await Promise.all([connected(thrower), connected(second)]);
      expect(await server.report()).toEqual({ uncaught: "create-room" });
      expect(await server.report()).toEqual({ uncaught: "join-room" });
      expect(await other.emitWithAck("count", name)).toMatchObject({ sockets: 1, sids: 1 });
      client.io.engine.close();
      const reports = [await server.report(), await server.report(), await server.report()];
      expect(reports).toContainEqual({ uncaught: "leave-room" });
      expect(reports).toContainEqual({ uncaught: "delete-room" });
      expect(reports).toContainEqual({ left: "/second" });
      expect(await other.emitWithAck("count", name)).toMatchObject({ sockets: 0, sids: 0 });
    });
  });
});
