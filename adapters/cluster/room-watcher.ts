import { generateId } from "../../lib/ids.ts";
import type { Room } from "../adapter.ts";
import { MessageType, type ClusterMessage, type RoomsMessage } from "./messages.ts";
import type { Survivors } from "./survivors.ts";

/** How often the other nodes are asked, and looked for, in ms. */
const INTERVAL_MS = 5_000;
/** How soon they are, where something is not as it should be. */
const SOON_MS = 500;
/** A node that has not answered so often is gone, if others are heard. */
const MAX_UNANSWERED = 3;
/** A node that was missing so often is gone. */
const MAX_ABSENT = 2;
/** So many changes wait for the list that they belong to. */
const MAX_EARLY = 1_000;
const MAX_HEARD = 10_000;
/** The rooms of so many nodes are known at most. */
const MAX_NODES = 10_000;

type RoomsData = RoomsMessage["data"];

/** What the watcher needs of its adapter. */
export interface WatcherPort {
  holdsRoom(room: Room): boolean;
  /** A room is occupied on other nodes only, or was. */
  onRemoteChange(room: Room, isOccupied: boolean): void;
  publish(message: ClusterMessage): void;
  survivors(uids: readonly string[]): Promise<Survivors | null>;
}

/** What is known of another node. */
interface Node {
  rooms: Set<Room>;
  /** The number of the last message that was taken in; undefined where the list is not known. */
  number: number | undefined;
  /** A list that is on its way. */
  incoming: { number: number; next: number; rooms: Set<Room> } | undefined;
  /** Changes that came before the list. */
  early: RoomsData[];
  /** The number that it said it was at, when that was not known here. */
  missed: number | undefined;
  unanswered: number;
  absent: number;
}

/** Knows which rooms other nodes hold, as long as somebody listens. */
export class RoomWatcher {
  readonly #port: WatcherPort;
  readonly #nodes = new Map<string, Node>();
  /** How many other nodes hold each room. */
  readonly #holders = new Map<Room, number>();
  /** The nodes that have been heard, of whatever kind. */
  readonly #heard = new Set<string>();
  #hasHeard = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueAt = 0;

  constructor(port: WatcherPort) {
    this.#port = port;
  }

  get isOn(): boolean {
    return this.#timer !== undefined;
  }

  /** Whether another node holds a room. */
  holds(room: Room): boolean {
    return this.#holders.has(room);
  }

  start(): void {
    if (!this.isOn) {
      this.#ask();
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#nodes.clear();
    this.#holders.clear();
    this.#heard.clear();
  }

  /** Asks the other nodes at once, as something may have been missed. */
  refresh(): void {
    if (this.isOn) {
      this.#ask();
    }
  }

  #ask(): void {
    this.#schedule(INTERVAL_MS);
    const known: string[] = [];
    for (const [uid, { number, incoming }] of this.#nodes) {
      if (number !== undefined || incoming !== undefined) {
        known.push(uid);
      }
    }
    this.#port.publish({
      type: MessageType.ROOMS_REQUEST,
      data: { requestId: generateId(), known },
    });
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#dueAt = performance.now() + delayMs;
    this.#timer = setTimeout(() => void this.#onTimer(), delayMs);
    this.#timer.unref();
  }

  #askSoon(): void {
    if (this.#dueAt - performance.now() > SOON_MS) {
      this.#schedule(SOON_MS);
    }
  }

  async #onTimer(): Promise<void> {
    const hasHeard = this.#hasHeard;
    this.#hasHeard = false;
    this.#ask();
    const survivors = await this.#port.survivors([...this.#nodes.keys()]);
    if (!this.isOn) {
      return;
    }
    for (const [uid, node] of [...this.#nodes]) {
      node.incoming = undefined; // or it would not be asked for again, if a part is lost
      node.absent = survivors === null || survivors.alive.has(uid) ? 0 : node.absent + 1;
      node.unanswered++;
      const isSilent = survivors === null && hasHeard && node.unanswered > MAX_UNANSWERED;
      if (isSilent || node.absent >= MAX_ABSENT) {
        this.onNodeGone(uid);
      } else if (node.absent > 0) {
        this.#askSoon();
      }
    }
  }

  /** Another node has sent something. */
  onHeard(uid: string): void {
    if (this.isOn) {
      this.#hasHeard = true;
      if (!this.#heard.has(uid)) {
        if (this.#heard.size >= MAX_HEARD) {
          this.#heard.clear();
        }
        this.#heard.add(uid);
        if (!this.#nodes.has(uid)) {
          this.#askSoon(); // it may be new, and not know that somebody wants to know
        }
      }
    }
  }

  /** A node is gone, and holds no rooms any more. */
  onNodeGone(uid: string): void {
    const node = this.#nodes.get(uid);
    this.#heard.delete(uid);
    if (node !== undefined) {
      this.#nodes.delete(uid);
      for (const room of node.rooms) {
        this.#vacate(room);
      }
    }
  }

  /** A node tells of its rooms. */
  onRooms(uid: string, data: RoomsData): void {
    if (!this.isOn || (this.#nodes.size >= MAX_NODES && !this.#nodes.has(uid))) {
      return;
    }
    const node = this.#nodes.get(uid) ?? this.#add(uid);
    node.unanswered = 0;
    if (data.part) {
      this.#onPart(node, data, data.part);
    } else if (data.occupied.length === 0 && data.vacated.length === 0) {
      this.#onNumber(node, data.number);
    } else {
      this.#onChanges(node, data);
    }
  }

  #add(uid: string): Node {
    const node: Node = {
      rooms: new Set(),
      number: undefined,
      incoming: undefined,
      early: [],
      missed: undefined,
      unanswered: 0,
      absent: 0,
    };
    this.#nodes.set(uid, node);
    this.#heard.add(uid);
    return node;
  }

  #onPart(node: Node, { number, occupied }: RoomsData, [index, count]: readonly number[]): void {
    if (index === 0) {
      node.incoming = { number, next: 0, rooms: new Set() };
    }
    const { incoming } = node;
    if (incoming === undefined || incoming.number !== number || incoming.next !== index) {
      return; // a part is missing: the list is asked for again
    }
    incoming.next++;
    for (const room of occupied) {
      incoming.rooms.add(room);
    }
    if (incoming.next === count) {
      node.incoming = undefined;
      this.#onList(node, number, incoming.rooms);
    }
  }

  #onList(node: Node, number: number, rooms: Set<Room>): void {
    if (node.number !== undefined && node.number > number) {
      return; // it is older than what is known
    }
    const old = node.rooms;
    node.rooms = rooms;
    node.number = number;
    node.missed = undefined;
    for (const room of rooms) {
      if (!old.has(room)) {
        this.#occupy(room);
      }
    }
    for (const room of old) {
      if (!rooms.has(room)) {
        this.#vacate(room);
      }
    }
    for (const changes of node.early.splice(0).sort((a, b) => a.number - b.number)) {
      this.#onChanges(node, changes);
    }
  }

  /** A node has told nothing but its number: is it the one known here? */
  #onNumber(node: Node, number: number): void {
    if (node.number !== undefined && number < node.number) {
      node.number = undefined; // what it has told last is not from it, or it has started anew
      this.#askSoon();
    } else if (node.number === undefined || number === node.number) {
      node.missed = undefined;
    } else if (node.missed !== undefined && node.missed > node.number) {
      node.number = undefined; // what it had told when it was asked before has not come since
      this.#askSoon();
    } else {
      node.missed = number; // the change may be on its way
      this.#askSoon();
    }
  }

  #onChanges(node: Node, changes: RoomsData): void {
    if (node.number !== undefined && changes.number <= node.number) {
      return;
    }
    if (changes.number !== (node.number ?? Number.NaN) + 1) {
      node.number = undefined; // something is missing
      if (node.early.length < MAX_EARLY) {
        node.early.push(changes);
      }
      this.#askSoon();
      return;
    }
    node.number = changes.number;
    for (const room of changes.occupied) {
      if (!node.rooms.has(room)) {
        node.rooms.add(room);
        this.#occupy(room);
      }
    }
    for (const room of changes.vacated) {
      if (node.rooms.delete(room)) {
        this.#vacate(room);
      }
    }
  }

  #occupy(room: Room): void {
    if (!this.isOn) {
      return; // the listener has had enough
    }
    const holders = this.#holders.get(room) ?? 0;
    this.#holders.set(room, holders + 1);
    if (holders === 0 && !this.#port.holdsRoom(room)) {
      this.#port.onRemoteChange(room, true);
    }
  }

  #vacate(room: Room): void {
    const holders = this.#holders.get(room) ?? 0;
    if (holders > 1) {
      this.#holders.set(room, holders - 1);
    } else if (this.#holders.delete(room) && !this.#port.holdsRoom(room)) {
      this.#port.onRemoteChange(room, false);
    }
  }
}
