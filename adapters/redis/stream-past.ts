import { compareIds, msOf } from "./stream-ids.ts";
import type { ReadEntry } from "./stream-replies.ts";

const REMEMBERED_IDS = 1_000;
/** For so long nodes write again what Redis has forgotten: see {@link StreamKeeper}. */
const REWRITTEN_MS = 30_000;

/**
 * The last entries that were read: by them a stream is known again whose end was another one before.
 *
 * What has a number is not known by its id: another entry may have that, where several nodes have written
 * again what Redis had forgotten. It is taken once more, and by its number it is known whether it was read.
 */
export class ReadPast {
  /** Where the reader began: what is before that was not for it. */
  readonly #origin: string;
  /** In the order of the stream. */
  #ids: string[];

  /** @param ids the ids of what counts as read from the start */
  constructor(origin: string, ids: string[] = []) {
    this.#origin = origin;
    this.#ids = ids;
  }

  /** The entry behind all that were read was read. */
  add(id: string): void {
    this.#ids.push(id);
    if (this.#ids.length > 2 * REMEMBERED_IDS) {
      this.#ids = this.#ids.slice(-REMEMBERED_IDS);
    }
  }

  /**
   * An entry was read that has come before others.
   *
   * @returns whether none with this id was read
   */
  insert(id: string): boolean {
    const place = this.#ids.findLastIndex((other) => compareIds(other, id) <= 0);
    const isNew = this.#ids[place] !== id;
    if (isNew) {
      this.#ids.splice(place + 1, 0, id);
    }
    return isNew;
  }

  /** Forgets those behind an entry: they are in the stream no more. */
  forgetBehind(last: string): void {
    this.#ids = this.#ids.filter((id) => compareIds(id, last) <= 0);
  }

  /**
   * From where on the stream is to be compared.
   *
   * @param position the last entry that was read
   */
  startBefore(position: string): string {
    const [oldest] = this.#ids;
    const rewritten = laterOf(`${Math.max(0, msOf(position) - REWRITTEN_MS)}-0`, this.#origin);
    return oldest !== undefined && compareIds(oldest, rewritten) < 0 ? oldest : rewritten;
  }

  /**
   * Compares them with what there is.
   *
   * @param there the entries of a range, in their order
   * @param isWhole whether it ends with the last entry that was read; else with the last that is known
   * @returns the last one that is known, and what is to be taken of those before it
   */
  compare(
    there: readonly ReadEntry[],
    isWhole: boolean,
  ): { known: string | undefined; unread: ReadEntry[] } {
    const read = new Set(this.#ids);
    const [oldest] = this.#ids;
    const end = isWhole ? there.length : there.findLastIndex(({ id }) => read.has(id)) + 1;
    const isUnread = ({ id, fields }: ReadEntry): boolean =>
      fields.get("seq") !== undefined || fields.get("size") !== undefined
        ? compareIds(id, this.#origin) > 0
        : !read.has(id) && oldest !== undefined && compareIds(id, oldest) > 0;
    return { known: there[end - 1]?.id, unread: there.slice(0, end).filter(isUnread) };
  }
}

function laterOf(first: string, second: string): string {
  return compareIds(first, second) > 0 ? first : second;
}
