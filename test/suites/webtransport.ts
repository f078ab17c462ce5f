// The stock client over WebTransport sessions in memory.

import { expect, test } from "bun:test";
import type { Server, ServerOptions, Socket } from "bun-socket.io";
import type { Socket as ClientSocket } from "socket.io-client";
import { Clients, once } from "../support/clients.ts";
import type { Host, Running } from "../support/hosts.ts";
import { MemoryWebTransport } from "../support/webtransport.ts";

/** Where the stock client looks for the browser's class. */
const browser = globalThis as { WebTransport?: unknown };

interface Pair {
  client: ClientSocket;
  socket: Socket;
}

/** A server, and stock clients in a process that has WebTransport. */
export class WebTransportWorld {
  readonly host: Host;
  readonly upgrades: boolean;
  readonly sessions: MemoryWebTransport[] = [];
  readonly #clients = new Clients();
  #running: Running | null = null;

  constructor(host: Host, upgrades: boolean) {
    this.host = host;
    this.upgrades = upgrades;
  }

  start(options: ServerOptions = {}): Server {
    this.#running = this.host.start({ transports: ["polling", "webtransport"], ...options });
    const { io } = this.#running;
    const { sessions } = this;
    browser.WebTransport = class extends MemoryWebTransport {
      constructor() {
        super();
        sessions.push(this);
        void io.engine.onWebTransportSession(this.server);
      }

      // The stock client leaves the rejection unhandled of what it cannot write any more.
      override async createBidirectionalStream(): ReturnType<
        MemoryWebTransport["createBidirectionalStream"]
      > {
        const { readable, writable } = await super.createBidirectionalStream();
        const writer = writable.getWriter();
        writer.closed.catch(() => {});
        const forgiving = new WritableStream<Uint8Array<ArrayBuffer>>({
          write: (chunk) => writer.write(chunk).catch(() => {}),
        });
        return { readable, writable: forgiving };
      }
    };
    return io;
  }

  async join(namespace = "/"): Promise<Pair> {
    const io = this.#running?.io;
    const client = this.#clients.make(this.#running?.url + namespace, {
      transports: this.upgrades ? ["polling", "webtransport"] : ["webtransport"],
    });
    await once(client, "connect");
    const { engine } = client.io;
    if (engine.transport.name !== "webtransport") {
      await once(engine, "upgrade");
    }
    const socket = io?.of(namespace).sockets.get(client.id ?? "");
    if (socket === undefined) {
      throw new Error("the server has no socket for this client");
    }
    while (socket.conn.transport.name !== "webtransport") {
      await new Promise((resolve) => setImmediate(resolve));
    }
    return { client, socket };
  }

  async end(): Promise<void> {
    this.#clients.closeAll();
    await this.#running?.close();
    for (const session of this.sessions.splice(0)) {
      session.close();
    }
    delete browser.WebTransport;
  }
}

export function webTransportSuite(world: WebTransportWorld): void {
  test("the stock client connects, and exchanges text and bytes", async () => {
    const io = world.start();
    const { client, socket } = await world.join();
    expect(socket.conn.upgraded).toBe(world.upgrades);
    const bytes = Buffer.alloc(100_000, 7);
    socket.on("echo", (value: unknown, reply: (value: unknown) => void) => reply(value));
    client.on("echo", (value: unknown, reply: (value: unknown) => void) => reply(value));
    for (const value of ["é", 1, bytes, { deep: [bytes] }]) {
      expect(await client.emitWithAck("echo", value)).toEqual(value);
      expect(await socket.emitWithAck("echo", value)).toEqual(value);
    }
    expect(await io.timeout(5000).emitWithAck("echo", bytes)).toEqual([bytes]);
  });

  test("namespaces, rooms and broadcasts work over it", async () => {
    const io = world.start();
    io.of("/admin");
    const pairs = [await world.join("/admin"), await world.join("/admin")] as const;
    const [first, second] = pairs;
    await first.socket.join("room");
    const there = once(first.client, "hello");
    io.of("/admin").to("room").emit("hello", Buffer.from("x"));
    expect(await there).toEqual([Buffer.from("x")]);
    const other = once(second.client, "others");
    first.socket.broadcast.emit("others", "é");
    expect(await other).toEqual(["é"]);
  });

  test("the session lives on its heartbeat", async () => {
    world.start({ pingInterval: 30, pingTimeout: 1000 });
    const { socket } = await world.join();
    for (let count = 0; count < 3; count++) {
      await once(socket.conn, "heartbeat");
    }
    expect(socket.connected).toBeTrue();
  });

  test("a client that disconnects ends the session", async () => {
    const io = world.start();
    const { client, socket } = await world.join();
    const gone = once(socket, "disconnect");
    const closed = once(socket.conn, "close");
    client.disconnect();
    // The client closes the connection behind its packet at once, and may cut the packet off.
    expect(["client namespace disconnect", "transport close"]).toContain((await gone)[0] as string);
    await closed;
    expect(io.engine.clientsCount).toBe(0);
  });

  test("a server that disconnects the client ends the session", async () => {
    const io = world.start();
    const { client, socket } = await world.join();
    const gone = once(client, "disconnect");
    const closed = once(socket.conn, "close");
    socket.disconnect(true);
    expect(["io server disconnect", "transport close"]).toContain((await gone)[0] as string);
    await closed;
    expect(io.engine.clientsCount).toBe(0);
    expect(world.sessions.every((session) => session.isOver)).toBeTrue();
  });

  test("a session over WebTransport alone has no request to show", async () => {
    world.start();
    const { socket } = await world.join();
    const { handshake } = socket;
    if (world.upgrades) {
      expect(handshake.query).toMatchObject({ EIO: "4", transport: "polling" });
    } else {
      expect(handshake).toMatchObject({ headers: {}, query: {}, secure: true, xdomain: false });
    }
  });
}
