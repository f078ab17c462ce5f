import { throwLater } from "../../lib/errors.ts";

/**
 * Keeps the order of what is done to the sockets of this node, where some of it has to wait for an
 * offset.
 */
export class LocalDelivery {
  /** Settles when all is done that was asked for. */
  #last: Promise<void> | undefined;

  /** Whether something waits, so that what is done now has to go through {@link behind}. */
  get isWaiting(): boolean {
    return this.#last !== undefined;
  }

  /** Does something behind what waits. */
  behind(task: () => void): void {
    this.whenKnown(undefined, task);
  }

  /**
   * Does something when a promise has settled, behind what waits already.
   *
   * @param offset does not reject
   */
  whenKnown<Offset>(offset: Promise<Offset> | Offset, task: (offset: Offset) => void): void {
    const last = this.#deliver(this.#last, offset, task);
    this.#last = last;
    void last.then(() => {
      if (this.#last === last) {
        this.#last = undefined;
      }
    });
  }

  async #deliver<Offset>(
    previous: Promise<void> | undefined,
    offset: Promise<Offset> | Offset,
    task: (offset: Offset) => void,
  ): Promise<void> {
    const known = await offset;
    await previous;
    try {
      task(known);
    } catch (error) {
      throwLater(error); // such as of a packet that cannot be encoded: its caller is gone
    }
  }
}
