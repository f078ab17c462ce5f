import { EventEmitter } from "node:events";
import type { Packet } from "socket.io-parser";
import { throwLater } from "../lib/errors.ts";
import type { Untyped } from "../lib/events.ts";
import { NativeTopics } from "./native-topics.ts";
import { releasing } from "./released-acks.ts";
import { SmallSets } from "./small-sets.ts";
import { NOBODY, Targets } from "./targets.ts";
import { writeToEach } from "./writing.ts";
import type {
  AdapterApi,
  AdapterNamespace,
  AdapterSocket,
  BroadcastOptions,
  EncodedPackets,
  RemoteSocketDetails,
  RestoredSession,
  Room,
  SessionToPersist,
  SocketId,
  WriteOptions,
} from "./adapter.ts";

/**
 * The adapter of a single node: rooms in memory. Adapters for several nodes extend it.
 *
 * It emits `create-room` and `delete-room` (room), `join-room` and `leave-room` (room, socket id): all
 * of this node. And `occupied` and `vacated` (room), when the first socket of all nodes has joined a
 * room, and when the last one has left; not of the rooms that sockets have of their own.
 */
export class Adapter extends EventEmitter implements AdapterApi {
  readonly nsp: AdapterNamespace;
  readonly rooms: Map<Room, Set<SocketId>>;
  readonly sids: Map<SocketId, Set<Room>>;
  /** The same as these two. */
  readonly #rooms = new SmallSets();
  readonly #sids = new SmallSets();
  readonly #topics = new NativeTopics();
  readonly #targets: Targets;

  constructor(nsp: AdapterNamespace) {
    super();
    this.nsp = nsp;
    this.rooms = this.#rooms;
    this.sids = this.#sids;
    this.#targets = new Targets({ nsp, rooms: this.#rooms, sids: this.#sids });
  }

  init(): Promise<void> | void {}

  close(): Promise<void> | void {
    this.#topics.clear();
  }

  serverCount(): Promise<number> {
    return Promise.resolve(1);
  }

  addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void {
    this.#open(id);
    for (const room of rooms) {
      this.#sids.addTo(id, room);
      this.#join(id, room);
    }
  }

  addToRoom(id: SocketId, room: Room): Promise<void> | void {
    if (this.addAll !== Adapter.prototype.addAll) {
      return this.addAll(id, new Set<Room>().add(room)); // the one that adapters override
    }
    this.#open(id);
    this.#sids.addTo(id, room);
    this.#join(id, room);
  }

  #open(id: SocketId): void {
    if (!this.#sids.has(id)) {
      this.#sids.open(id);
      this.#topics.onJoin(null, id);
      if (this.rooms.has(id)) {
        this.onRoomVacated(id); // others were in it; now it is a socket's own
      }
    }
  }

  #join(id: SocketId, room: Room): void {
    const isNew = !this.#rooms.has(room);
    if (isNew) {
      this.#rooms.open(room);
      this.#tell("create-room", room);
    }
    if (this.#rooms.addTo(room, id)) {
      this.#topics.onJoin(room, id);
      this.#tell("join-room", room, id);
    }
    if (isNew && !this.sids.has(room)) {
      this.onRoomOccupied(room);
    }
  }

  del(id: SocketId, room: Room): Promise<void> | void {
    this.#sids.deleteFrom(id, room);
    this.#leave(id, room);
  }

  delAll(id: SocketId): void {
    for (const room of this.#sids.peek(id) ?? NOBODY) {
      this.#leave(id, room);
    }
    this.#topics.onLeave(null, id);
    if (this.sids.delete(id) && this.rooms.has(id)) {
      this.onRoomOccupied(id); // by others: it is no longer a socket's own
    }
  }

  #leave(id: SocketId, room: Room): void {
    if (this.#rooms.deleteFrom(room, id)) {
      this.#topics.onLeave(room, id);
      this.#tell("leave-room", room, id);
    }
    if (this.#rooms.isEmpty(room) && this.rooms.delete(room)) {
      this.#tell("delete-room", room);
      if (!this.sids.has(room)) {
        this.onRoomVacated(room);
      }
    }
  }

  /**
   * Called when the first socket of this node has joined a room. The rooms that sockets have of their
   * own do not count.
   */
  protected onRoomOccupied(room: Room): void {
    this.#tell("occupied", room);
  }

  /** Called when the last socket of this node has left such a room. */
  protected onRoomVacated(room: Room): void {
    this.#tell("vacated", room);
  }

  #tell(event: string, room: Room, id?: SocketId): void {
    if (this.listenerCount(event) === 0) {
      return;
    }
    try {
      if (id === undefined) {
        this.emit(event, room);
      } else {
        this.emit(event, room, id);
      }
    } catch (error) {
      throwLater(error); // of a listener: nobody may be left half way into a room, or out of it
    }
  }

  broadcast(packet: Packet, options: BroadcastOptions): void {
    const { encoded, write } = this.#prepare(packet, options);
    const others = this.#publish(encoded, options);
    if (others !== null) {
      writeToEach(others, this.nsp.sockets, packet, encoded, write);
      return;
    }
    const { sockets } = this.nsp;
    // As targets() does, without a generator: that would take as long as all the rest.
    const excluded = this.#targets.membersOfAny(options.except);
    for (const id of this.#targets.chosenBy(options)) {
      const socket = excluded.has(id) ? undefined : sockets.get(id);
      if (socket !== undefined) {
        socket.notifyOutgoingListeners(packet);
        socket.client.writeToEngine(encoded, write);
      }
    }
  }

  /** Publishes a broadcast; returns those who have to be sent it themselves, or null for all. */
  #publish(encoded: EncodedPackets, options: BroadcastOptions): AdapterSocket[] | null {
    const { rooms, except, flags } = options;
    if (rooms.size > 1) {
      return this.#targets.inSeveral(options); // not all topics together deliver once
    }
    if (flags?.volatile === true) {
      return null; // that depends on each
    }
    const [room = null] = rooms;
    const members = room === null ? this.sids : (this.#rooms.peek(room) ?? NOBODY);
    const excluded = this.#targets.membersOfAny(except);
    return this.#topics.publish({ room, members, excluded, sockets: this.nsp.sockets }, encoded);
  }

  broadcastWithAck(
    packet: Packet,
    options: BroadcastOptions,
    onClientCount: (clientCount: number) => void,
    onResponse: (response: Untyped) => void,
  ): void {
    const id = this.nsp._ids++;
    packet.id = id;
    const { encoded, write } = this.#prepare(packet, options);
    const sockets = [...this.targets(options)];
    const onAnswer = releasing(sockets, id, options.flags?.timeout, onResponse);
    for (const socket of sockets) {
      socket.notifyOutgoingListeners(packet);
      socket.client.writeToEngine(encoded, write);
      socket.acks.set(id, onAnswer); // only now: of a packet that cannot be sent, none is owed
    }
    onClientCount(sockets.length);
  }

  #prepare(
    packet: Packet,
    { flags = {} }: BroadcastOptions,
  ): { encoded: EncodedPackets; write: WriteOptions } {
    packet.nsp = this.nsp.name;
    return {
      encoded: this.nsp.server.encoder.encode(packet),
      write: { preEncoded: true, volatile: flags.volatile, compress: flags.compress },
    };
  }

  sockets(rooms: Set<Room>): Promise<Set<SocketId>> {
    const ids = new Set<SocketId>();
    for (const socket of this.targets({ rooms })) {
      ids.add(socket.id);
    }
    return Promise.resolve(ids);
  }

  socketRooms(id: SocketId): Set<Room> | undefined {
    return this.sids.get(id);
  }

  fetchSockets(options: BroadcastOptions): Promise<(AdapterSocket | RemoteSocketDetails)[]> {
    return Promise.resolve([...this.targets(options)]);
  }

  async count(options: BroadcastOptions): Promise<number> {
    // An adapter that finds the sockets of other nodes, and does not know of this method.
    const isOverridden = this.fetchSockets !== Adapter.prototype.fetchSockets;
    return isOverridden ? (await this.fetchSockets(options)).length : this.countTargets(options);
  }

  addSockets(options: BroadcastOptions, rooms: Room[]): void {
    for (const socket of [...this.targets(options)]) {
      void socket.join(rooms);
    }
  }

  delSockets(options: BroadcastOptions, rooms: Room[]): void {
    for (const socket of [...this.targets(options)]) {
      for (const room of rooms) {
        void socket.leave(room);
      }
    }
  }

  disconnectSockets(options: BroadcastOptions, close: boolean): void {
    for (const socket of [...this.targets(options)]) {
      socket.disconnect(close);
    }
  }

  /** Does nothing but warn: there is no other node to send to, and so none to answer. */
  serverSideEmit(packet: unknown[]): void {
    console.warn("this adapter does not support the serverSideEmit() functionality");
    const callback = packet.at(-1);
    if (typeof callback === "function") {
      process.nextTick(() => callback(null, []));
    }
  }

  persistSession(_session: SessionToPersist): void {}

  restoreSession(
    _pid: string,
    _offset: string | undefined,
  ): Promise<RestoredSession | null> | RestoredSession | null {
    return null;
  }

  hasSessions(): boolean {
    return false;
  }

  /**
   * Chooses the sockets of this node that a broadcast is for, each once.
   *
   * @param options rooms (none: everyone) and exceptions
   */
  protected targets(options: BroadcastOptions): Generator<AdapterSocket> {
    return this.#targets.each(options);
  }

  /** How many sockets of this node a broadcast is for. */
  protected countTargets(options: BroadcastOptions): number {
    return this.#targets.count(options);
  }
}
