// The rooms and what was said in them. No Socket.IO here: this is the application's own state.
import type { Message, OutgoingMessage } from "./protocol.ts";

const HISTORY = 100;

export class Room {
  readonly #history: Message[] = [];
  #lastDropped = 0;

  constructor(
    readonly name: string,
    readonly topic: string,
  ) {}

  /** Stores a message; `isNew` is false when it is a retry of one that is already here. */
  add(author: string, { clientId, text }: OutgoingMessage): { message: Message; isNew: boolean } {
    const known = this.#history.find((m) => m.clientId === clientId && m.author === author);
    if (known) return { message: known, isNew: false };

    const time = Date.now();
    const id = nextId(time);
    const message: Message = { id, clientId, room: this.name, author, text, time };
    this.#history.push(message);
    if (this.#history.length > HISTORY) {
      this.#lastDropped = this.#history.shift()?.id ?? this.#lastDropped;
    }
    return { message, isNew: true };
  }

  /** The messages after `lastId`, and whether older ones in between are no longer kept. */
  since(lastId: number | null): { messages: Message[]; missedSome: boolean } {
    if (lastId === null) return { messages: [...this.#history], missedSome: false };
    return {
      messages: this.#history.filter((message) => message.id > lastId),
      missedSome: lastId < this.#lastDropped,
    };
  }
}

export function createRooms(): Map<string, Room> {
  const rooms = [
    new Room("general", "The front door: say hello"),
    new Room("random", "Anything that fits nowhere else"),
    new Room("bun", "The runtime, the bundler, the pastry"),
  ];
  return new Map(rooms.map((room) => [room.name, room]));
}

let lastId = 0;

// Based on the clock, so that ids still grow after a restart of the server: a browser that comes
// back with the last id it saw in the previous run is not taken to be ahead of everybody.
function nextId(now: number): number {
  lastId = Math.max(now, lastId + 1);
  return lastId;
}
