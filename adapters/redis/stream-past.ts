import { compareIds, msOf } from "./stream-ids.ts";
import type { ReadEntry } from "./stream-replies.ts";

const REMEMBERED_IDS = 1_000;
/** For so long nodes write again what Redis has forgotten: see {@link StreamKeeper}. */
const REWRITTEN_MS = 30_000;

/** The last entries that were read: by them a stream is known again whose end was another one before. */
export class ReadPast {
  /** In the order of the stream. */
  #ids: string[];

  /** @param ids the ids of what counts as read from the start */
  constructor(ids: string[] = []) {
    this.#ids = ids;
  }

  /** The entry behind all that were read was read. */
  add(id: string): void {
    this.#ids.push(id);
    if (this.#ids.length > 2 * REMEMBERED_IDS) {
      this.#ids = this.#ids.slice(-REMEMBERED_IDS);
    }
  }

  /** An entry was read that has come before others. */
  insert(id: string): void {
    const place = this.#ids.findLastIndex((other) => compareIds(other, id) < 0) + 1;
    this.#ids.splice(place, 0, id);
  }

  /** Forgets those behind an entry: they are in the stream no more. */
  forgetBehind(last: string): void {
    this.#ids = this.#ids.filter((id) => compareIds(id, last) <= 0);
  }

  /** The first of those that are remembered. */
  get oldest(): string | undefined {
    return this.#ids[0];
  }

  /**
   * The first of them behind which nodes may have written something again.
   *
   * @param position the last entry that was read
   */
  oldestNear(position: string): string | undefined {
    const from = msOf(position) - REWRITTEN_MS;
    return this.#ids.slice(-REMEMBERED_IDS).find((id) => msOf(id) >= from);
  }

  /**
   * Compares them with what there is.
   *
   * @param there the entries of a range, in their order
   * @param isWhole whether it ends with the last entry that was read; else with the last that is known
   * @returns the last one that is known, and those before it that are not
   */
  compare(
    there: readonly ReadEntry[],
    isWhole: boolean,
  ): { known: string | undefined; unread: ReadEntry[] } {
    const read = new Set(this.#ids);
    const end = isWhole ? there.length : there.findLastIndex(({ id }) => read.has(id)) + 1;
    return {
      known: there[end - 1]?.id,
      unread: there.slice(0, end).filter(({ id }) => !read.has(id)),
    };
  }
}
