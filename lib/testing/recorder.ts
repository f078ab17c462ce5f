import { SocketIOError } from "../errors.ts";

interface Waiting {
  readonly event: string;
  readonly resolve: (args: unknown[]) => void;
}

/** What a client has got, in order; each event is given out once. */
export class Recorder {
  /** All of it: names and arguments. */
  readonly all: unknown[][] = [];
  #untaken: unknown[][] = [];
  #waiting: Waiting[] = [];

  add(event: unknown[]): void {
    this.all.push(event);
    const [name, ...args] = event;
    const index = this.#waiting.findIndex((each) => each.event === name);
    const [waiting] = index === -1 ? [] : this.#waiting.splice(index, 1);
    if (waiting === undefined) {
      this.#untaken.push(event);
    } else {
      waiting.resolve(args);
    }
  }

  /** The events of a name that nobody has taken. */
  untaken(event: string): unknown[][] {
    return this.#untaken.filter(([name]) => name === event);
  }

  /**
   * Takes the next event of a name.
   *
   * @param event the name
   * @param timeoutMs how long to wait for it
   * @returns its arguments; rejects with `ERR_TIMEOUT`
   */
  next(event: string, timeoutMs: number): Promise<unknown[]> {
    const index = this.#untaken.findIndex(([name]) => name === event);
    const [found] = index === -1 ? [] : this.#untaken.splice(index, 1);
    if (found !== undefined) {
      return Promise.resolve(found.slice(1));
    }
    return new Promise((resolve, reject) => {
      const waiting = {
        event,
        resolve: (args: unknown[]) => {
          clearTimeout(timer);
          resolve(args);
        },
      };
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((each) => each !== waiting);
        reject(timedOut(`no event "${event}" within ${timeoutMs} ms; ${this.#describe()}`));
      }, timeoutMs);
      this.#waiting.push(waiting);
    });
  }

  #describe(): string {
    const names = this.#untaken.map(([name]) => JSON.stringify(name));
    return names.length === 0 ? "nothing else came" : `these wait: ${names.join(", ")}`;
  }

  clear(): void {
    this.#untaken = [];
    this.all.length = 0;
  }
}

/** The error of something that did not happen in time. */
export function timedOut(message: string): SocketIOError {
  return new SocketIOError("ERR_TIMEOUT", message);
}
