import type {
  AdapterNamespace,
  AdapterSocket,
  BroadcastOptions,
  Room,
  SocketId,
} from "./adapter.ts";

/** No sockets. */
export const NOBODY: ReadonlySet<SocketId> = new Set();

/** In so many rooms a member is looked up, rather than in a set made of them all. */
const FEW_ROOMS = 8;

/** What there is to choose from: the rooms and sockets of a node. */
export interface Audience {
  readonly nsp: AdapterNamespace;
  readonly rooms: { peek(room: Room): ReadonlySet<SocketId> | undefined };
  readonly sids: ReadonlyMap<SocketId, unknown>;
}

/** Chooses the sockets of a node that a broadcast is for. */
export class Targets {
  readonly #audience: Audience;

  constructor(audience: Audience) {
    this.#audience = audience;
  }

  /** Each of them once. */
  *each(options: BroadcastOptions): Generator<AdapterSocket> {
    if (options.rooms.size > 1) {
      yield* this.inSeveral(options);
      return;
    }
    const excluded = this.membersOfAny(options.except);
    for (const id of this.chosenBy(options)) {
      const socket = excluded.has(id) ? undefined : this.#audience.nsp.sockets.get(id);
      if (socket !== undefined) {
        yield socket;
      }
    }
  }

  /** Those of several rooms, in a list. */
  inSeveral({ rooms, except }: BroadcastOptions): AdapterSocket[] {
    const { sockets } = this.#audience.nsp;
    const excluded = this.membersOfAny(except);
    const found: AdapterSocket[] = [];
    const before: ReadonlySet<SocketId>[] = [];
    const seen = rooms.size > FEW_ROOMS ? new Set<SocketId>() : null;
    for (const room of rooms) {
      const members = this.#audience.rooms.peek(room) ?? NOBODY;
      for (const id of members) {
        const isSeen = seen === null ? isInAny(before, id) : seen.has(id);
        if (isSeen || excluded.has(id)) {
          continue;
        }
        seen?.add(id);
        const socket = sockets.get(id);
        if (socket !== undefined) {
          found.push(socket);
        }
      }
      before.push(members);
    }
    return found;
  }

  /** The ids of those in the room, or of all, whether they are excepted or not. */
  chosenBy({ rooms }: BroadcastOptions): Iterable<SocketId> {
    return rooms.size === 0 ? this.#audience.sids.keys() : this.membersOfAny(rooms);
  }

  /** How many they are. */
  count(options: BroadcastOptions): number {
    const { nsp, sids } = this.#audience;
    const { rooms, except } = options;
    // Each has a room of its own once it is connected, and others may be in rooms before that.
    const areConnected = sids.size === nsp.sockets.size;
    if (areConnected && rooms.size <= 1 && (except === undefined || except.size === 0)) {
      return rooms.size === 0 ? sids.size : this.membersOfAny(rooms).size;
    }
    let count = 0;
    for (const _socket of this.each(options)) {
      count++;
    }
    return count;
  }

  /** The ids of those who are in at least one of the rooms. */
  membersOfAny(rooms: Set<Room> | undefined): ReadonlySet<SocketId> {
    if (rooms === undefined || rooms.size === 0) {
      return NOBODY;
    }
    if (rooms.size === 1) {
      const [only] = rooms;
      return this.#audience.rooms.peek(only as Room) ?? NOBODY;
    }
    const members = new Set<SocketId>();
    for (const room of rooms) {
      for (const id of this.#audience.rooms.peek(room) ?? NOBODY) {
        members.add(id);
      }
    }
    return members;
  }
}

function isInAny(sets: readonly ReadonlySet<SocketId>[], id: SocketId): boolean {
  for (const set of sets) {
    if (set.has(id)) {
      return true;
    }
  }
  return false;
}
