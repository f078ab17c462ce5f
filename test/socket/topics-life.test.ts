// When topics are made and dropped, and whom they reach.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { once as emitted } from "node:events";
import { connect, type Socket as TcpSocket } from "node:net";
import { Server, type ServerOptions, type Socket as ServerSocket } from "bun-socket.io";
import type { Socket as ClientSocket } from "socket.io-client";
import { TOPIC_LIMITS } from "../../adapters/native-topics.ts";
import { Clients, once } from "../support/clients.ts";

const DEFAULTS = { ...TOPIC_LIMITS };
const MEMBERS = 16; // the smallest room that has one;

/** A server of Bun with what its topics were used for. */
class Site {
  readonly io: Server;
  readonly #clients = new Clients();
  readonly server: Bun.Server<unknown>;
  readonly topics = new Set<string>();
  publications = 0;

  constructor(options: ServerOptions = {}, websocket?: Bun.WebSocketHandler<unknown>) {
    this.io = new Server(options);
    this.server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      ...this.io.handler(websocket === undefined ? {} : { websocket }),
    });
    const publish = this.server.publish.bind(this.server);
    this.server.publish = (topic, data, compress) => {
      this.publications++;
      this.topics.add(topic);
      return publish(topic, data, compress);
    };
  }

  async join(): Promise<{ client: ClientSocket; socket: ServerSocket }> {
    const connection = once<[ServerSocket]>(this.io, "connection");
    const client = await this.#clients.connect(`${this.server.url}`, { transports: ["websocket"] });
    const [socket] = await connection;
    return { client, socket };
  }

  async fill(
    room: string,
    members = MEMBERS,
  ): Promise<{ client: ClientSocket; socket: ServerSocket }[]> {
    const pairs = [];
    for (let index = 0; index < members; index++) {
      const pair = await this.join();
      pair.socket.join(room);
      pairs.push(pair);
    }
    return pairs;
  }

  /** How many are subscribed to whatever has been published to. */
  get subscribers(): number {
    let sum = 0;
    for (const topic of this.topics) {
      sum += this.server.subscriberCount(topic);
    }
    return sum;
  }

  async close(): Promise<void> {
    this.#clients.closeAll();
    await this.io.close();
    await this.server.stop(true);
  }
}

/** Waits until what the sessions were given has left them. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

let site: Site;

beforeEach(() => {
  Object.assign(TOPIC_LIMITS, DEFAULTS, { minMembers: MEMBERS, warmUp: 0 });
});

afterEach(async () => {
  Object.assign(TOPIC_LIMITS, DEFAULTS);
  await site.close();
});

describe("the topic of a room", () => {
  test("is made when the room is broadcast to often, not before", async () => {
    site = new Site();
    TOPIC_LIMITS.warmUp = 3;
    await site.fill("room");
    for (let count = 0; count < 3; count++) {
      site.io.to("room").emit("event");
    }
    expect(site.publications).toBe(0);
    site.io.to("room").emit("event");
    expect(site.publications).toBe(0); // something waits for everyone: it goes behind that
    await turn();
    site.io.to("room").emit("event");
    expect(site.publications).toBe(1);
    expect(site.subscribers).toBe(MEMBERS);
  });

  test("is not made for a small room", async () => {
    site = new Site();
    await site.fill("room", MEMBERS - 1);
    site.io.to("room").emit("event");
    expect(site.publications).toBe(0);
  });

  test("leaves out who is gone at once, and is dropped when few are left", async () => {
    site = new Site();
    const pairs = await site.fill("room");
    await site.join(); // in no room
    site.io.to("room").emit("event");
    expect(site.subscribers).toBe(MEMBERS);
    pairs[0]?.socket.leave("room");
    expect(site.subscribers).toBe(MEMBERS - 1);
    pairs[1]?.socket.disconnect();
    expect(site.subscribers).toBe(MEMBERS - 2);
    for (const { socket } of pairs.slice(2, 2 + MEMBERS / 2)) {
      socket.leave("room");
    }
    expect(site.subscribers).toBe(0);
  });

  test("is dropped when it is not used for a while", async () => {
    site = new Site();
    TOPIC_LIMITS.idleMs = 20;
    await site.fill("room");
    site.io.to("room").emit("event");
    site.io.emit("event");
    expect(site.subscribers).toBe(2 * MEMBERS);
    while (site.subscribers > 0) {
      await Bun.sleep(5);
    }
    site.io.to("room").emit("event");
    expect(site.subscribers).toBe(MEMBERS);
  });

  test("goes with its namespace's adapter", async () => {
    site = new Site();
    await site.fill("room");
    site.io.emit("event");
    expect(site.subscribers).toBe(MEMBERS);
    await site.io.of("/").adapter.close();
    expect(site.subscribers).toBe(0);
  });

  test("outlives a reload of the server", async () => {
    site = new Site();
    const before = await site.fill("room");
    site.io.to("room").emit("event");
    site.server.reload(site.io.handler() as never);
    const after = await site.join();
    after.socket.join("room");
    const all = Promise.all([...before, after].map(({ client }) => once(client, "late")));
    site.io.to("room").emit("late", 1);
    expect(await all).toEqual(Array(MEMBERS + 1).fill([1]));
    expect(site.publications).toBe(2);
    expect(site.subscribers).toBe(MEMBERS + 1);
  });
});

describe("a socket that is reached by a topic", () => {
  test("is sent it by itself as soon as somebody listens to what it is sent", async () => {
    site = new Site();
    const pairs = await site.fill("room");
    const [listened, watched, both] = pairs.map(({ socket }) => socket) as [
      ServerSocket,
      ServerSocket,
      ServerSocket,
    ];
    const last = Promise.all(pairs.map(({ client }) => once(client, "third")));
    site.io.to("room").emit("first");
    const heard: unknown[] = [];
    listened.onAnyOutgoing((event) => heard.push(event));
    watched.conn.on("packetCreate", ({ data }) => heard.push(data));
    both.conn.prependListener("packetCreate", () => heard.push("packet"));
    both.prependAnyOutgoing(() => heard.push("event"));
    site.io.to("room").emit("second");
    expect(heard).toEqual(["second", '2["second"]', "event", "packet"]);
    expect(site.subscribers).toBe(MEMBERS - 3);
    await turn();
    listened.offAnyOutgoing();
    watched.conn.removeAllListeners("packetCreate");
    site.io.to("room").emit("third");
    expect(heard.splice(4)).toEqual(["event", "packet"]);
    expect(site.subscribers).toBe(MEMBERS - 1);
    await last;
  });
});

describe("no topic is used", () => {
  test("where messages are compressed", async () => {
    site = new Site({ perMessageDeflate: true });
    await site.fill("room");
    site.io.to("room").emit("event");
    expect(site.publications).toBe(0);
  });

  test("where the application has Bun drop what a slow connection cannot take", async () => {
    site = new Site({}, { message() {}, backpressureLimit: 1000 });
    await site.fill("room");
    site.io.to("room").emit("event");
    expect(site.publications).toBe(0);
  });

  test("while somebody listens to what the engine sends", async () => {
    site = new Site();
    await site.fill("room");
    const flushed = once(site.io.engine, "flush");
    site.io.to("room").emit("event");
    expect(site.publications).toBe(0);
    await flushed;
    site.io.to("room").emit("event");
    expect(site.publications).toBe(1);
  });

  test("for what is large, and for several rooms at once", async () => {
    site = new Site();
    await site.fill("room");
    site.io.to("room").emit("event", "x".repeat(20_000));
    await turn();
    site.io.to(["room", "other"]).emit("event");
    expect(site.publications).toBe(0);
  });
});

describe("a slow client", () => {
  const MESSAGES = 1_500;
  const TEXT = "x".repeat(8 * 1024);
  let tcp: TcpSocket;

  afterEach(() => {
    tcp.destroy();
  });

  /** A client that reads nothing after its handshake. */
  async function joinSlowly(): Promise<ServerSocket> {
    const connection = once<[ServerSocket]>(site.io, "connection");
    tcp = connect(site.server.port ?? 0, "127.0.0.1");
    tcp.write(
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\n" +
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    );
    await emitted(tcp, "data");
    tcp.pause();
    tcp.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x34, 0x30])); // "40"
    return (await connection)[0];
  }

  test("gets all, in order, and the host keeps little of it; what is volatile it misses", async () => {
    site = new Site();
    const pairs = await site.fill("room");
    const slow = await joinSlowly();
    slow.join("room");
    await turn(); // its handshake leaves
    const buffered = (): number => slow.conn.transport.feed?.bufferedBytes ?? 0;
    let most = 0;
    const last = Promise.all(pairs.map(({ client }) => once(client, "last")));
    for (let index = 0; index < MESSAGES; index++) {
      site.io.to("room").emit(`event ${index}.`, TEXT);
      most = Math.max(most, buffered());
      if (index % 20 === 0) {
        await turn();
      }
    }
    expect(site.publications).toBeGreaterThan(MESSAGES / 2);
    expect(most).toBeLessThan(1024 * 1024);
    expect(slow.conn.transport.writable).toBeFalse();
    expect(slow.conn.writeBuffer.length).toBeGreaterThan(0);
    site.io.volatile.to("room").emit("volatile");
    site.io.to("room").emit("last");
    await last;
    let text = "";
    const decoder = new TextDecoder("latin1");
    tcp.on("data", (chunk: Buffer) => {
      text += decoder.decode(chunk);
    });
    tcp.resume();
    while (!text.includes('"last"')) {
      await emitted(tcp, "data");
    }
    const numbers = Array.from(text.matchAll(/"event (\d+)\."/g), ([, digits]) => Number(digits));
    expect(numbers).toEqual(Array.from({ length: MESSAGES }, (_, index) => index));
    expect(text).not.toContain("volatile");
    while (slow.conn.transport.feed === null) {
      await Bun.sleep(1);
    }
    site.io.to("room").emit("again");
    expect(site.subscribers).toBe(MEMBERS + 1);
  });
});
