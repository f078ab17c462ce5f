import { compareIds } from "./stream-ids.ts";
import type { StreamInfo } from "./stream-replies.ts";

/** Counts the entries of a stream, to tell how many were cut off it before they were read. */
export class EntryCount {
  /** How many there ever were up to the position of the reader, as far as is known. */
  #passed: number | undefined;
  /** Whether some may have been lost that nobody was told of. */
  isOpen = true;

  /** An entry was read. */
  onRead(): void {
    if (this.#passed !== undefined) {
      this.#passed++;
    }
  }

  /** Forgets what it knows: it is another stream. */
  reset(): void {
    this.#passed = undefined;
    this.isOpen = true;
  }

  /**
   * Compares what was read with what there is. Before Redis 7 it does not count, and nothing can be told.
   *
   * @param position up to where the stream was read
   * @returns how many were lost since the last time
   */
  compare({ added, length, firstId, lastId }: StreamInfo, position: string): number {
    if (added === undefined) {
      this.isOpen = false;
      return 0;
    }
    const isBehind = compareIds(lastId, position) > 0;
    this.isOpen = isBehind;
    const isCut = firstId !== undefined && compareIds(firstId, position) > 0;
    if (isBehind && !isCut) {
      return 0; // how many are still to be read is not known
    }
    const passed = isBehind ? added - length : added;
    const lost = this.#passed === undefined ? 0 : passed - this.#passed;
    if (lost < 0 && isBehind) {
      return 0;
    }
    this.#passed = passed;
    return Math.max(0, lost); // less than there were: it was deleted and made anew
  }
}
