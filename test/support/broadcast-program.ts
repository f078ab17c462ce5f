// Random programs of broadcasts and all that can happen between them, run against a server that serves
// its clients on several hosts. The same seed is the same program.

import { createServer } from "node:http";
import { Server, type Socket as ServerSocket } from "bun-socket.io";
import type { Socket as ClientSocket } from "socket.io-client";
import { Clients, connected, once, upgraded } from "./clients.ts";
import { portOf } from "./hosts.ts";

/** What the clients and the outgoing listeners got, by client, and what the servers published. */
export interface Outcome {
  received: string[][];
  outgoing: string[][];
  /** How often something was published. */
  publications: number;
  /** How many were subscribed to any topic when all had left. */
  subscribers: number;
}

/** How a client connects; its host is 0 or 1 for servers of Bun, 2 for one of node:http. */
interface Kind {
  host: number;
  transports: ("polling" | "websocket")[];
  query?: Record<string, string>;
  /** It upgrades when the program says so. */
  upgradesLate?: true;
}

const WEBSOCKET: Kind = { host: 0, transports: ["websocket"] };
const KINDS: readonly Kind[] = [
  ...Array<Kind>(9).fill(WEBSOCKET),
  ...Array<Kind>(3).fill({ ...WEBSOCKET, host: 1 }),
  { ...WEBSOCKET, host: 2 },
  { ...WEBSOCKET, query: { b64: "1" } },
  { host: 0, transports: ["polling"] },
  { host: 0, transports: ["polling", "websocket"], upgradesLate: true },
];
const ROOMS = ["red", "green", "blue"];
const TURNS = 40;
const MOST_STEPS = 7; // in one turn

/** Numbers from 0 to 1, the same for the same seed: mulberry32. */
export function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Runs the program of a seed. */
export async function runProgram(seed: number): Promise<Outcome> {
  const world = new ProgramWorld(makeRandom(seed));
  try {
    await world.open();
    for (let turn = 0; turn < TURNS; turn++) {
      await world.turn();
    }
    await world.settle();
    const { received, outgoing } = world;
    return { received, outgoing, ...(await world.end()) };
  } finally {
    await world.close();
  }
}

class ProgramWorld {
  readonly received: string[][] = KINDS.map(() => []);
  readonly outgoing: string[][] = KINDS.map(() => []);
  readonly #random: () => number;
  readonly #io = new Server();
  readonly #hosts: [Bun.Server<unknown>, Bun.Server<unknown>];
  readonly #httpServer = createServer();
  readonly #topics = new Set<string>();
  #publications = 0;
  readonly #clients = new Clients();
  readonly #ends: ClientSocket[] = [];
  /** Undefined while it is not connected. */
  readonly #sockets: (ServerSocket | undefined)[] = [];
  #count = 0;

  constructor(random: () => number) {
    this.#random = random;
    const serve = () =>
      this.#watch(Bun.serve({ port: 0, hostname: "127.0.0.1", ...this.#io.handler() }));
    this.#hosts = [serve(), serve()];
    this.#io.attach(this.#httpServer);
    this.#httpServer.listen(0, "127.0.0.1");
    this.#io.on("connection", (socket) => this.#onConnection(socket));
  }

  #watch(server: Bun.Server<unknown>): Bun.Server<unknown> {
    const publish = server.publish.bind(server);
    server.publish = (topic, data, compress) => {
      this.#publications++;
      this.#topics.add(topic);
      return publish(topic, data, compress);
    };
    return server;
  }

  #onConnection(socket: ServerSocket): void {
    const index = Number(socket.handshake.auth.index);
    this.#sockets[index] = socket;
    socket.on("disconnect", () => {
      // One that polled may be noticed to be gone when its client is back already.
      if (this.#sockets[index] === socket) {
        this.#sockets[index] = undefined;
      }
    });
    // The steps of a turn run within the handler of a message.
    socket.on("turn", (reply: () => void) => {
      const steps = this.#below(MOST_STEPS) + 1;
      for (let step = 0; step < steps; step++) {
        if (this.#chance(0.2)) {
          reply(); // the first counts
        }
        this.#step();
      }
      reply();
    });
    socket.on("end", (reply: () => void) => reply());
  }

  async open(): Promise<void> {
    for (const [index, kind] of KINDS.entries()) {
      await this.#connect(index, kind);
    }
  }

  async #connect(index: number, kind: Kind): Promise<void> {
    const port = kind.host === 2 ? portOf(this.#httpServer) : this.#hosts[kind.host]?.port;
    const client = this.#clients.make(`http://127.0.0.1:${port}`, {
      transports: kind.upgradesLate ? ["polling"] : kind.transports,
      auth: { index },
      ...(kind.query === undefined ? {} : { query: kind.query }),
    });
    this.#ends[index] = client;
    const list = this.received[index] as string[];
    const isLucky = isLuckyWithVolatile(kind);
    client.onAny((event: string, ...args: unknown[]) => {
      if (!(isLucky && event.startsWith("volatile"))) {
        const reply = args.at(-1);
        const isAsked = typeof reply === "function";
        list.push(render([event, ...(isAsked ? args.slice(0, -1) : args)]));
        if (isAsked) {
          reply(index);
        }
      }
    });
    client.on("disconnect", (reason) => list.push(`disconnected: ${reason}`));
    await connected(client);
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }

  #one<Value>(values: readonly Value[]): Value {
    return values[this.#below(values.length)] as Value;
  }

  async turn(): Promise<void> {
    await this.#mend();
    const alive = [...this.#sockets.keys()].filter((index) => this.#sockets[index]?.connected);
    const ends = Array.from({ length: 1 + this.#below(3) }, () => this.#ends[this.#one(alive)]);
    for (const end of new Set(ends)) {
      // One after the other, or chance would decide on their order. Whoever is disconnected meanwhile
      // gets no answer.
      if (end?.connected) {
        await new Promise<void>((resolve) => {
          end.once("disconnect", () => resolve());
          end.emit("turn", () => resolve());
        });
      }
    }
    await this.settle();
  }

  /** Waits until all have got what they were sent. */
  async settle(): Promise<void> {
    await Promise.all(
      this.#ends.map(async (end, index) => {
        if (this.#sockets[index] === undefined && end.connected) {
          await once(end, "disconnect");
        } else if (end.connected) {
          await new Promise<void>((resolve) => end.emit("end", () => resolve()));
        }
      }),
    );
  }

  /** Lets some come back who are gone, and one upgrade. */
  async #mend(): Promise<void> {
    for (const end of this.#ends) {
      if (!end.connected && this.#chance(0.5)) {
        end.connect();
        await connected(end);
      }
    }
    for (const [index, kind] of KINDS.entries()) {
      const end = this.#ends[index] as ClientSocket;
      if (kind.upgradesLate && end.connected && this.#chance(0.1)) {
        end.io.opts.transports = kind.transports;
        end.disconnect();
        end.connect();
        await connected(end);
        this.#step(); // somewhere in the upgrade
        await upgraded(end);
      }
    }
  }

  #step(): void {
    const name = `${++this.#count}`;
    const dice = this.#random();
    const sockets = this.#sockets.filter((socket) => socket?.connected) as ServerSocket[];
    const socket = sockets.length === 0 ? undefined : this.#one(sockets);
    if (dice < 0.6 || socket === undefined) {
      this.#broadcast(name, socket);
    } else if (dice < 0.7) {
      socket.emit(name, this.#payload());
    } else if (dice < 0.73) {
      socket.emit(name, () => {});
    } else if (dice < 0.82) {
      socket.join(this.#one(ROOMS));
    } else if (dice < 0.87) {
      socket.leave(this.#one(ROOMS));
    } else if (dice < 0.9) {
      this.#io.in(this.#one(ROOMS)).socketsJoin(this.#one(ROOMS));
    } else if (dice < 0.94) {
      this.#listen(socket);
    } else if (dice < 0.97) {
      this.#watchSession(socket);
    } else if (dice < 0.985) {
      socket.disconnect(this.#chance(0.5));
    } else {
      this.#io.in(this.#one(ROOMS)).except(ROOMS).disconnectSockets();
    }
  }

  #watchSession(socket: ServerSocket): void {
    const { conn } = socket;
    const index = Number(socket.handshake.auth.index);
    const list = this.outgoing[index];
    const isLucky = isLuckyWithVolatile(KINDS[index]);
    let isVolatile = false;
    this.#one([
      () =>
        conn.on("packetCreate", ({ type, data }) => {
          if (typeof data === "string") {
            isVolatile = /^\d+-?\["volatile/.test(data); // and so are the bytes that follow
          }
          // Numbers of acknowledgements differ, and pings come by the clock.
          if (type === "message" && !(isLucky && isVolatile)) {
            list?.push("a packet");
          }
        }),
      () => conn.removeAllListeners("packetCreate"),
      () => this.#io.engine.once("drain", () => {}),
    ])();
  }

  #listen(socket: ServerSocket): void {
    if (socket.listenersAnyOutgoing().length > 0) {
      socket.offAnyOutgoing();
      return;
    }
    const list = this.outgoing[Number(socket.handshake.auth.index)];
    socket.onAnyOutgoing((...event: unknown[]) => list?.push(render(event)));
  }

  #broadcast(name: string, socket: ServerSocket | undefined): void {
    const isOfSocket = socket !== undefined && this.#chance(0.4);
    let operator = isOfSocket ? socket.compress(true).broadcast : this.#io.compress(true);
    const rooms = this.#one([0, 0, 1, 1, 1, 2]);
    for (let index = 0; index < rooms; index++) {
      operator = operator.to(this.#one(ROOMS));
    }
    if (this.#chance(0.2)) {
      operator = operator.except(this.#one([...ROOMS, socket?.id ?? "nobody"]));
    }
    if (this.#chance(0.1)) operator = operator.local;
    if (this.#chance(0.2)) operator = operator.compress(false);
    const dice = this.#random();
    if (dice < 0.08) {
      operator.volatile.emit(`volatile ${name}`, this.#payload());
    } else if (dice < 0.16) {
      operator.timeout(10_000).emit(name, this.#payload(), () => {});
    } else {
      operator.emit(name, this.#payload());
    }
  }

  #payload(): unknown {
    return this.#one([
      () => "text é ☃",
      () => ({
        nested: [1, { bytes: Buffer.from([1, 2, this.#below(256)]) }],
        more: Buffer.alloc(0),
      }),
      () => Buffer.alloc(300, this.#below(256)),
      () => "x".repeat(20_000),
      () => [1, 2, 3],
      () => null,
    ])();
  }

  /** Disconnects everyone, and counts who is subscribed. */
  async end(): Promise<Pick<Outcome, "publications" | "subscribers">> {
    const gone = this.#sockets.map((socket) => socket && once(socket, "disconnect"));
    this.#io.disconnectSockets(); // the connections stay
    await Promise.all(gone);
    let subscribers = 0;
    for (const topic of this.#topics) {
      for (const host of this.#hosts) {
        subscribers += host.subscriberCount(topic);
      }
    }
    return { publications: this.#publications, subscribers };
  }

  async close(): Promise<void> {
    this.#clients.closeAll();
    await this.#io.close();
    await Promise.all(this.#hosts.map((host) => host.stop(true)));
  }
}

/** What is volatile reaches those on polling by luck: there may be no request to answer just then. */
function isLuckyWithVolatile(kind: Kind | undefined): boolean {
  return kind?.transports[0] === "polling";
}

/** Bytes as what they are, whichever class they came in. */
function render(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (part instanceof ArrayBuffer || ArrayBuffer.isView(part)) {
      return `bytes ${Buffer.from(part as ArrayBuffer).toString("hex")}`;
    }
    const isBuffer = typeof part === "object" && part !== null && "type" in part && "data" in part;
    return isBuffer ? `bytes ${Buffer.from(part.data as number[]).toString("hex")}` : part;
  });
}
