import type { Room } from "../adapter.ts";
import { type HeldRooms, isHeld } from "./wire.ts";

/** What {@link AwaitedRooms} needs. */
export interface AwaitedRoomsPort {
  /** The rooms of this node. */
  readonly rooms: HeldRooms;
  /** Whether something may be missing that comes before what comes now. */
  isRecovering(): boolean;
  /** Forgets what was heard of a room. */
  forget(room: string): void;
}

/**
 * The rooms for which messages are taken: those that the node holds, and all of them while something
 * may be missing that has sockets join one, and is to be applied first.
 */
export class AwaitedRooms implements HeldRooms {
  readonly #port: AwaitedRoomsPort;
  /** Those that are not held, for which messages were taken. */
  readonly #awaited = new Set<string>();

  constructor(port: AwaitedRoomsPort) {
    this.#port = port;
  }

  has(room: Room): boolean {
    return this.#port.rooms.has(room) || this.#isAwaited(room);
  }

  #isAwaited(room: Room): boolean {
    const isRecovering = this.#port.isRecovering();
    if (isRecovering) {
      this.#awaited.add(String(room));
    } else if (this.#awaited.size > 0) {
      for (const each of this.#awaited) {
        this.onEnter(each);
      }
    }
    return isRecovering;
  }

  /** To be called before the node takes up a room: what was heard of it is no beginning. */
  onEnter(room: Room): void {
    const name = String(room);
    if (this.#awaited.delete(name) && !isHeld(this.#port.rooms, name)) {
      this.#port.forget(name);
    }
  }
}
