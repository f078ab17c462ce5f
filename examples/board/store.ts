// The notes of all boards, in memory: they are gone when the server stops.
import type { Change, Note, Outcome } from "./contract.ts";

const MAX_NOTES = 200;
const MAX_BOARDS = 500;

export class Board {
  readonly #notes = new Map<string, Note>();

  get notes(): Note[] {
    return [...this.#notes.values()];
  }

  /** Adding a note again, as after a lost acknowledgement, changes nothing. */
  add(note: Note): Outcome {
    const there = this.#notes.get(note.id);
    if (there !== undefined) return { note: there };
    if (this.#notes.size >= MAX_NOTES) return { refused: "BOARD_FULL" };
    this.#notes.set(note.id, note);
    return { note };
  }

  change(id: string, change: Change): Outcome {
    const note = this.#notes.get(id);
    if (note === undefined) return { refused: "NO_SUCH_NOTE" };
    Object.assign(note, change);
    return { note };
  }

  remove(id: string): boolean {
    return this.#notes.delete(id);
  }
}

export class Store {
  readonly #boards = new Map<string, Board>();

  /** The board of that name; where there are too many, the one that nobody has opened for longest goes. */
  open(boardId: string): Board {
    const board = this.#boards.get(boardId) ?? new Board();
    this.#boards.delete(boardId);
    this.#boards.set(boardId, board); // the last one now
    for (const oldest of this.#boards.keys()) {
      if (this.#boards.size <= MAX_BOARDS) break;
      this.#boards.delete(oldest);
    }
    return board;
  }
}
