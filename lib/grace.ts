/** What some wait for to be over, all of them for the same, but not for ever. */
export class Grace {
  #over: Promise<void> | null = null;
  #onOver: (() => void) | null = null;

  /**
   * Waits for it.
   *
   * @param graceMs how long at the most, in ms, from when the first began to wait
   */
  wait(graceMs: number): Promise<void> {
    this.#over ??= this.#start(graceMs);
    return this.#over;
  }

  async #start(graceMs: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      this.#onOver = resolve;
      timer = setTimeout(resolve, graceMs);
    });
    clearTimeout(timer);
    this.#onOver = null;
    this.#over = null;
  }

  /** It is over. */
  end(): void {
    this.#onOver?.();
  }
}
