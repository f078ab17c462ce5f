// What a process prints, line by line.

/**
 * The lines of a stream.
 *
 * @param hasRest whether what comes behind the last line break is one, too
 */
export async function* linesOf(
  stream: ReadableStream<Uint8Array>,
  hasRest = false,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    yield* lines;
  }
  if (hasRest && text !== "") {
    yield text;
  }
}

/** Reads the lines of a stream one at a time. */
export class LineReader {
  readonly #lines: AsyncGenerator<string>;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#lines = linesOf(stream);
  }

  /**
   * The next line.
   *
   * @throws where the stream ends before one
   */
  async next(): Promise<string> {
    const { done, value } = await this.#lines.next();
    if (done) {
      throw new Error("a process has ended; its output may say why");
    }
    return value;
  }
}
