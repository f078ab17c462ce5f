import type { Room } from "../adapter.ts";
import { MessageType, type RoomsMessage, type RoomsResponse } from "./messages.ts";

/** How long after a node has asked it is told of changes, in ms; it asks again before that. */
const LEASE_MS = 30_000;
/** So many rooms travel in one message. */
const PART_SIZE = 5_000;

/** What the announcer needs of its adapter. */
export interface AnnouncerPort {
  /** The rooms of this node, without those that sockets have of their own. */
  announcedRooms(): Room[];
  holdsRoom(room: Room): boolean;
  /** Sends to all nodes. */
  publish(message: RoomsMessage): void;
  /** Sends to one node. */
  publishResponse(uid: string, response: RoomsResponse): void;
}

/**
 * Tells other nodes which rooms this one holds, as long as one of them wants to know: the whole list
 * to each that asks, and to all what has changed, once a turn of the event loop.
 */
export class RoomAnnouncer {
  readonly #port: AnnouncerPort;
  readonly #uid: string;
  /** Until when somebody wants to know. */
  #watchedUntil = 0;
  #number = 0;
  /** Whether something has changed that nobody was told. */
  #hasUntold = false;
  /** The rooms that have changed in this turn, and whether they were held before. */
  #changes = new Map<Room, boolean>();

  constructor(port: AnnouncerPort, uid: string) {
    this.#port = port;
    this.#uid = uid;
  }

  /** A room is held now, or no longer. */
  onChange(room: Room, isHeld: boolean): void {
    if (this.#watchedUntil === 0) {
      this.#hasUntold = true;
      return;
    }
    if (this.#changes.size === 0) {
      setImmediate(() => this.#flush());
    }
    if (!this.#changes.has(room)) {
      this.#changes.set(room, !isHeld);
    }
  }

  #flush(): void {
    const changes = this.#changes;
    if (changes.size === 0) {
      return;
    }
    this.#changes = new Map();
    if (performance.now() > this.#watchedUntil) {
      this.#watchedUntil = 0;
      this.#hasUntold = true;
      return;
    }
    const occupied: Room[] = [];
    const vacated: Room[] = [];
    for (const [room, wasHeld] of changes) {
      const isHeld = this.#port.holdsRoom(room);
      if (isHeld !== wasHeld) {
        (isHeld ? occupied : vacated).push(room);
      }
    }
    if (occupied.length > 0 || vacated.length > 0) {
      this.#number++;
      this.#port.publish(this.#message({ occupied, vacated }));
    }
  }

  /**
   * Another node asks.
   *
   * @param uid the node
   * @param requestId its request
   * @param known the nodes whose rooms it knows
   */
  onRequest(uid: string, requestId: string, known: readonly string[]): void {
    if (this.#hasUntold) {
      this.#hasUntold = false;
      this.#number++; // who knew all has missed something
    }
    this.#watchedUntil = performance.now() + LEASE_MS;
    const answer = (data: Partial<RoomsMessage["data"]>): void =>
      this.#port.publishResponse(uid, {
        type: MessageType.ROOMS,
        data: { ...this.#message(data).data, requestId },
      });
    if (known.includes(this.#uid)) {
      answer({});
      return;
    }
    const number = this.#number;
    const rooms = this.#port.announcedRooms();
    const count = Math.max(1, Math.ceil(rooms.length / PART_SIZE));
    const sendPart = (index: number): void => {
      const occupied = rooms.slice(index * PART_SIZE, (index + 1) * PART_SIZE);
      answer({ number, part: [index, count], occupied });
      if (index + 1 < count) {
        setImmediate(sendPart, index + 1);
      }
    };
    sendPart(0);
  }

  #message(data: Partial<RoomsMessage["data"]>): RoomsMessage {
    return {
      type: MessageType.ROOMS,
      data: { number: this.#number, occupied: [], vacated: [], ...data },
    };
  }

  /** This node leaves, and holds no rooms any more. */
  close(): void {
    this.#changes.clear();
    if (performance.now() < this.#watchedUntil) {
      this.#number++;
      this.#port.publish(this.#message({ part: [0, 1] }));
    }
    this.#watchedUntil = 0;
  }
}
