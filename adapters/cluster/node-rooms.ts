import type { Room } from "../adapter.ts";
import type { RoomsMessage } from "./messages.ts";

/** So many changes wait for the list that they belong to. */
const MAX_EARLY = 1_000;

/** What a node tells of its rooms: all of them in parts, changes, or the number of the last of these. */
export type RoomsData = RoomsMessage["data"];

/** Who hears of what is learnt. */
export interface RoomChanges {
  onOccupied(room: Room): void;
  onVacated(room: Room): void;
  /** What is known is not whole: the node has to be asked. */
  onGap(): void;
}

/** The rooms of another node, as far as they are known. */
export class NodeRooms {
  /** How often it was asked, since it answered. */
  unanswered = 0;
  /** How often it was missing, in a row. */
  absent = 0;
  readonly #changes: RoomChanges;
  #rooms = new Set<Room>();
  /** The number of the last message that was taken in; undefined where the list is not known. */
  #number: number | undefined;
  /** A list that is on its way. */
  #incoming: { number: number; next: number; nextWhenAsked: number; rooms: Set<Room> } | undefined;
  /** Changes that came before the list. */
  readonly #early: RoomsData[] = [];
  /** The number that it said it was at, when that was not known here. */
  #missed: number | undefined;

  constructor(changes: RoomChanges) {
    this.#changes = changes;
  }

  get rooms(): ReadonlySet<Room> {
    return this.#rooms;
  }

  /** Whether its list is here, or on its way. */
  get isKnown(): boolean {
    return this.#number !== undefined || this.#incoming !== undefined;
  }

  /** It was asked. */
  onAsked(): void {
    this.unanswered++;
    const incoming = this.#incoming;
    if (incoming === undefined) {
      return;
    }
    if (incoming.next > incoming.nextWhenAsked) {
      incoming.nextWhenAsked = incoming.next; // it is on its way, and takes its time
    } else {
      this.#incoming = undefined; // a part is lost
      this.#changes.onGap();
    }
  }

  /** Takes in what it tells. */
  take(data: RoomsData): void {
    this.unanswered = 0;
    if (data.part) {
      this.#onPart(data, data.part);
    } else if (data.occupied.length === 0 && data.vacated.length === 0) {
      this.#onNumber(data.number);
    } else {
      this.#onChanges(data);
    }
  }

  #onPart({ number, occupied }: RoomsData, [index, count]: readonly number[]): void {
    if (index === 0) {
      this.#incoming = { number, next: 0, nextWhenAsked: 0, rooms: new Set() };
    }
    const incoming = this.#incoming;
    if (incoming === undefined || incoming.number !== number || incoming.next !== index) {
      return; // a part is missing: the list is asked for again
    }
    incoming.next++;
    for (const room of occupied) {
      incoming.rooms.add(room);
    }
    if (incoming.next === count) {
      this.#incoming = undefined;
      this.#onList(number, incoming.rooms);
    }
  }

  #onList(number: number, rooms: Set<Room>): void {
    if (this.#number !== undefined && this.#number > number) {
      return; // it is older than what is known
    }
    const old = this.#rooms;
    this.#rooms = rooms;
    this.#number = number;
    this.#missed = undefined;
    for (const room of rooms) {
      if (!old.has(room)) {
        this.#changes.onOccupied(room);
      }
    }
    for (const room of old) {
      if (!rooms.has(room)) {
        this.#changes.onVacated(room);
      }
    }
    for (const changes of this.#early.splice(0).sort((a, b) => a.number - b.number)) {
      this.#onChanges(changes);
    }
  }

  /** A node has told nothing but its number: is it the one known here? */
  #onNumber(number: number): void {
    if (this.#number !== undefined && number < this.#number) {
      this.#number = undefined; // what it has told last is not from it, or it has started anew
      this.#changes.onGap();
    } else if (this.#number === undefined || number === this.#number) {
      this.#missed = undefined;
    } else if (this.#missed !== undefined && this.#missed > this.#number) {
      this.#number = undefined; // what it had told when it was asked before has not come since
      this.#changes.onGap();
    } else {
      this.#missed = number; // the change may be on its way
      this.#changes.onGap();
    }
  }

  #onChanges(changes: RoomsData): void {
    if (this.#number !== undefined && changes.number <= this.#number) {
      return;
    }
    if (changes.number !== (this.#number ?? Number.NaN) + 1) {
      this.#number = undefined; // something is missing
      if (this.#early.length < MAX_EARLY) {
        this.#early.push(changes);
      }
      this.#changes.onGap();
      return;
    }
    this.#number = changes.number;
    for (const room of changes.occupied) {
      if (!this.#rooms.has(room)) {
        this.#rooms.add(room);
        this.#changes.onOccupied(room);
      }
    }
    for (const room of changes.vacated) {
      if (this.#rooms.delete(room)) {
        this.#changes.onVacated(room);
      }
    }
  }
}
