import { Injectable } from "@nestjs/common";

/** What was said, by room. */
@Injectable()
export class RoomsService {
  readonly #counts = new Map<string, number>();

  record(room: string): number {
    const count = (this.#counts.get(room) ?? 0) + 1;
    this.#counts.set(room, count);
    return count;
  }

  counts(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}
