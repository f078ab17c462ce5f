import { isPromise, type Soon } from "./validate.ts";

/** Does one piece of work after another: at once, as long as none takes its time. */
export class Ordered {
  /** The end of the work that is under way. It does not reject. */
  #tail: PromiseLike<void> | null = null;
  #waiting = 0;

  /** How many pieces wait for others. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Does a piece of work behind those before. What it throws while it has the caller on the stack is the
   * caller's, all else the runtime's: the next piece is done all the same.
   */
  add(work: () => Soon<void>): void {
    if (this.#tail !== null) {
      this.#waiting++;
      this.#follow(
        this.#tail.then(() => {
          this.#waiting--;
          return work();
        }),
      );
      return;
    }
    const result = work();
    if (isPromise(result)) {
      this.#follow(result);
    }
  }

  #follow(work: PromiseLike<void>): void {
    const end = (): void => {
      if (this.#tail === tail) {
        this.#tail = null;
      }
    };
    const tail = work.then(end, (error: unknown) => {
      end();
      throwAlone(error);
    });
    this.#tail = tail;
  }
}

/** Hands an error to the runtime, of a browser too, with nothing of ours on the stack. */
export function throwAlone(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
