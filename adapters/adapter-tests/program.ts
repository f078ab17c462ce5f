// What runs in every node under test, beside its server. A node may be another process, on another
// runtime: this file imports nothing at run time, and all that its methods take and give can travel.

import type { Server, Socket } from "../../lib/index.ts";

/** The sockets that something is done to. */
export interface Selection {
  /** Default: `/`. */
  nsp?: string;
  /** Default: everyone. Some programs use numbers. */
  rooms?: readonly (string | number)[];
  except?: readonly (string | number)[];
  local?: boolean;
  volatile?: boolean;
  compress?: boolean;
  /** For acknowledgements, and for what is asked of other nodes, in ms. */
  timeoutMs?: number;
}

/** What is known of a socket of any node. */
export interface SocketDetails {
  id: string;
  rooms: string[];
  data: unknown;
  handshake: { auth?: unknown; query?: unknown; [name: string]: unknown };
}

/** The events between servers that a node answers, and what with. */
export const SERVER_EVENTS = {
  /** Listened to, not answered. */
  plain: "told",
  /** Answered with `{ node, args }`. */
  asked: "asked",
  /** Answered, but by the node whose index is the first argument. */
  askedUnless: "asked unless",
} as const;

type Operator = ReturnType<Server["to"]>;
type Numeric = string & number; // rooms of programs that do not mind the types

/** The server of one node, and what a test can have it do. */
export class NodeProgram {
  readonly io: Server;
  readonly #index: number;
  readonly #heard: unknown[][] = [];
  readonly #seen: unknown[][] = [];

  /**
   * @param io the node's server
   * @param index its place among the nodes
   */
  constructor(io: Server, index: number) {
    this.io = io;
    this.#index = index;
    this.open("/");
    io.of(/^\/dynamic-/).on("connection", (socket) => this.#serve(socket));
  }

  /** Serves a namespace. */
  open(name: string): void {
    const nsp = this.io.of(name);
    nsp.on("connection", (socket) => this.#serve(socket));
    nsp.on(SERVER_EVENTS.plain, (...args: unknown[]) => {
      this.#heard.push([name, ...args]);
    });
    nsp.on(SERVER_EVENTS.asked, (...args: unknown[]) => {
      const reply = args.pop() as (answer: unknown) => void;
      reply({ node: this.#index, args });
    });
    nsp.on(SERVER_EVENTS.askedUnless, (index: number, reply: (answer: unknown) => void) => {
      this.#heard.push([name, SERVER_EVENTS.askedUnless]);
      if (index !== this.#index) {
        reply({ node: this.#index });
      }
    });
  }

  #serve(socket: Socket): void {
    socket.on("join", async (rooms, done) => {
      await socket.join(rooms);
      done();
    });
    socket.on("leave", async (room, done) => {
      await socket.leave(room);
      done();
    });
    socket.on("set data", (data, done) => {
      Object.assign(socket.data, data);
      done();
    });
    socket.on("relay", (rooms: string[], event: string, ...args: unknown[]) => {
      const operator = rooms.length === 0 ? socket.broadcast : socket.to(rooms);
      operator.emit(event, ...args);
    });
  }

  #choose({ nsp = "/", rooms = [], except = [], ...flags }: Selection): Operator {
    const namespace = this.io.of(nsp);
    // Each room by a step of its own, and a list where there are several exceptions: both are used.
    let operator: Operator = namespace.except([]);
    for (const room of rooms) {
      operator = operator.to(room as Numeric);
    }
    operator = operator.except([...except] as Numeric[]);
    if (flags.local) {
      operator = operator.local;
    }
    if (flags.volatile) {
      operator = operator.volatile;
    }
    if (flags.compress !== undefined) {
      operator = operator.compress(flags.compress);
    }
    return flags.timeoutMs === undefined
      ? operator
      : (operator.timeout(flags.timeoutMs) as unknown as Operator);
  }

  /** Emits an event. */
  emit(selection: Selection, event: string, ...args: unknown[]): void {
    this.#choose(selection).emit(event, ...args);
  }

  /** Emits an event with an object, then changes the object. */
  emitThenChange(selection: Selection, event: string): void {
    const data = { state: "as it was sent", bytes: Buffer.from([1, 2, 3]) };
    this.#choose(selection).emit(event, data);
    data.state = "changed afterwards";
    data.bytes.fill(0);
  }

  /** Emits an event so many times, with the node's index and a number from 0. */
  emitMany(selection: Selection, event: string, count: number): void {
    for (let number = 0; number < count; number++) {
      this.#choose(selection).emit(event, this.#index, number);
    }
  }

  /** Emits an event and answers the responses of the clients. */
  ask(selection: Selection, event: string, ...args: unknown[]): Promise<unknown[]> {
    return this.#choose(selection).emitWithAck(event, ...args);
  }

  /** The same with a callback; answers the message of its error or null, and its responses. */
  askWithCallback(
    selection: Selection,
    event: string,
    ...args: unknown[]
  ): Promise<[string | null, unknown]> {
    return new Promise((resolve) => {
      this.#choose(selection).emit(event, ...args, (error: Error | null, responses: unknown) => {
        resolve([error === null ? null : error.message, responses]);
      });
    });
  }

  /** Finds sockets. */
  async fetch(selection: Selection): Promise<SocketDetails[]> {
    const sockets = await this.#choose(selection).fetchSockets();
    return sockets.map(({ id, rooms, data, handshake }) => ({
      id,
      rooms: [...rooms],
      data,
      handshake: { ...handshake } as unknown as SocketDetails["handshake"],
    }));
  }

  /** Counts sockets; those found, where the server has no better way. */
  async count(selection: Selection): Promise<number> {
    const operator: object = this.#choose(selection);
    if ("count" in operator && typeof operator.count === "function") {
      return operator.count();
    }
    return (await this.fetch(selection)).length;
  }

  /** The ids of sockets, sorted. */
  async allSockets(selection: Selection): Promise<string[]> {
    return [...(await this.#choose(selection).allSockets())].sort();
  }

  /** Makes sockets join rooms. */
  socketsJoin(selection: Selection, rooms: string | string[]): void {
    this.#choose(selection).socketsJoin(rooms);
  }

  /** Makes sockets leave rooms. */
  socketsLeave(selection: Selection, rooms: string | string[]): void {
    this.#choose(selection).socketsLeave(rooms);
  }

  /** Disconnects sockets. */
  disconnectSockets(selection: Selection, close: boolean): void {
    this.#choose(selection).disconnectSockets(close);
  }

  async #remote(id: string) {
    const [socket] = await this.io.in(id).fetchSockets();
    if (socket === undefined) {
      throw new Error(`no socket ${id}`);
    }
    return socket;
  }

  /** Emits an event to a socket that was fetched. */
  async remoteEmit(id: string, event: string, ...args: unknown[]): Promise<void> {
    (await this.#remote(id)).emit(event, ...args);
  }

  /** The same, for its answer. */
  async remoteAsk(
    id: string,
    timeoutMs: number,
    event: string,
    ...args: unknown[]
  ): Promise<unknown> {
    return (await this.#remote(id)).timeout(timeoutMs).emitWithAck(event, ...args);
  }

  /** Makes a socket that was fetched join rooms, and leave one. */
  async remoteMove(id: string, join: string[], leave: string): Promise<void> {
    const socket = await this.#remote(id);
    socket.join(join);
    socket.leave(leave);
  }

  /** Disconnects a socket that was fetched. */
  async remoteDisconnect(id: string, close: boolean): Promise<void> {
    (await this.#remote(id)).disconnect(close);
  }

  /** Sends an event to the other servers. */
  serverSideEmit(nsp: string, event: string, ...args: unknown[]): void {
    this.io.of(nsp).serverSideEmit(event, ...args);
  }

  /** The same, for their answers. */
  serverSideAsk(nsp: string, event: string, ...args: unknown[]): Promise<unknown[]> {
    return this.io.of(nsp).serverSideEmitWithAck(event, ...args);
  }

  /** The same with a callback; answers the message of its error or null, and its responses. */
  serverSideAskWithCallback(
    nsp: string,
    event: string,
    ...args: unknown[]
  ): Promise<[string | null, unknown]> {
    return new Promise((resolve) => {
      this.io.of(nsp).serverSideEmit(event, ...args, (error: Error | null, responses: unknown) => {
        resolve([error === null ? null : error.message, responses]);
      });
    });
  }

  /** What came from other servers: the namespace, then the arguments. */
  heard(): unknown[][] {
    return this.#heard;
  }

  /** Lists events of the adapter from now on. */
  watch(nsp: string, events: readonly string[]): void {
    const { adapter } = this.io.of(nsp);
    for (const event of events) {
      adapter.on(event, (...args: unknown[]) => this.#seen.push([event, ...args]));
    }
  }

  /** The events of the adapter that were watched: the name, then the arguments. */
  seen(): unknown[][] {
    return this.#seen;
  }

  /** How many nodes there are. */
  serverCount(nsp: string): Promise<number> {
    return this.io.of(nsp).adapter.serverCount();
  }

  /** The rooms of this node, and who is in them. */
  localRooms(nsp: string): [string, string[]][] {
    return [...this.io.of(nsp).adapter.rooms].map(([room, ids]) => [room, [...ids].sort()]);
  }

  /** The rooms of a socket of this node; null for another. */
  socketRooms(nsp: string, id: string): string[] | null {
    const rooms = this.io.of(nsp).adapter.socketRooms(id);
    return rooms === undefined ? null : [...rooms];
  }

  /** How many sockets this node has. */
  socketCount(nsp: string): number {
    return this.io.of(nsp).sockets.size;
  }
}
