import { generateId } from "../../lib/ids.ts";
import type { Room } from "../adapter.ts";
import { type ClusterMessage, MessageType } from "./messages.ts";
import { NodeRooms, type RoomChanges, type RoomsData } from "./node-rooms.ts";
import type { Survivors } from "./survivors.ts";

/** How often the other nodes are asked, and looked for, in ms. */
const INTERVAL_MS = 5_000;
/** How soon they are, where something is not as it should be. */
const SOON_MS = 500;
/** A node that has not answered so often is gone, if others are heard. */
const MAX_UNANSWERED = 3;
/** A node that was missing so often is gone. */
const MAX_ABSENT = 2;
const MAX_HEARD = 10_000;
/** The rooms of so many nodes are known at most. */
const MAX_NODES = 10_000;

/** What the watcher needs of its adapter. */
export interface WatcherPort {
  holdsRoom(room: Room): boolean;
  /** A room is occupied on other nodes only, or was. */
  onRemoteChange(room: Room, isOccupied: boolean): void;
  publish(message: ClusterMessage): void;
  survivors(uids: readonly string[]): Promise<Survivors | null>;
}

/** Knows which rooms other nodes hold, as long as somebody listens. */
export class RoomWatcher {
  readonly #port: WatcherPort;
  readonly #nodes = new Map<string, NodeRooms>();
  readonly #changes: RoomChanges;
  /** How many other nodes hold each room. */
  readonly #holders = new Map<Room, number>();
  /** The nodes that have been heard, of whatever kind. */
  readonly #heard = new Set<string>();
  #hasHeard = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueAt = 0;

  constructor(port: WatcherPort) {
    this.#port = port;
    this.#changes = {
      onOccupied: (room) => this.#occupy(room),
      onVacated: (room) => this.#vacate(room),
      onGap: () => this.#askSoon(),
    };
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
    for (const [uid, node] of this.#nodes) {
      if (node.isKnown) {
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
      node.onAsked();
      node.absent = survivors === null || survivors.alive.has(uid) ? 0 : node.absent + 1;
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
    node.take(data);
  }

  #add(uid: string): NodeRooms {
    const node = new NodeRooms(this.#changes);
    this.#nodes.set(uid, node);
    this.#heard.add(uid);
    return node;
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
