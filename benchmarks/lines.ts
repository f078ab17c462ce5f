/** Reads lines from a stream, one at a time. */
export class Lines {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = "";

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /**
   * The next line.
   *
   * @throws where the stream ends before one
   */
  async next(): Promise<string> {
    for (;;) {
      const end = this.#text.indexOf("\n");
      if (end !== -1) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return line;
      }
      const { value, done } = await this.#chunks.next();
      if (done) throw new Error("a process of the benchmark ended; its output says why");
      this.#text += this.#decoder.decode(value, { stream: true });
    }
  }
}
