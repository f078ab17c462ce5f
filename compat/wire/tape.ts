// The bytes of one direction of a connection, and when each of them passed.

let clock = 0;

/** A moment: later ones are greater, over all connections. */
export function now(): number {
  return ++clock;
}

/** What has passed in one direction. */
export class Tape {
  readonly #chunks: Uint8Array[] = [];
  /** For each chunk: where it ends, and when it passed. */
  readonly #marks: { end: number; at: number }[] = [];
  #length = 0;

  add(chunk: Uint8Array): void {
    this.#chunks.push(Uint8Array.from(chunk));
    this.#length += chunk.length;
    this.#marks.push({ end: this.#length, at: now() });
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** When the byte before `offset` passed. */
  timeOf(offset: number): number {
    return this.#marks.find(({ end }) => end >= offset)?.at ?? 0;
  }
}
