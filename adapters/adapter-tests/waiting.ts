const POLL_MS = 4;

/**
 * Waits until something is so.
 *
 * @param isSo asked again and again; what it throws counts as no
 * @param deadlineMs how long
 * @param describe what is missing, for the error
 */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  deadlineMs: number,
  describe: () => unknown,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  let thrown: unknown;
  for (;;) {
    try {
      if (await isSo()) {
        return;
      }
      thrown = undefined;
    } catch (error) {
      thrown = error; // a node may fail until it is ready; the last one is told
    }
    if (performance.now() > end) {
      const state = Bun.inspect(await describe(), { depth: 8 });
      const cause = thrown === undefined ? undefined : { cause: thrown };
      throw new Error(`not within ${deadlineMs} ms: ${state}`, cause);
    }
    await Bun.sleep(POLL_MS);
  }
}

/** Gives up on a promise. */
export async function within<T>(
  promise: Promise<T>,
  deadlineMs: number,
  describe: () => string,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`not within ${deadlineMs} ms: ${describe()}`)),
      deadlineMs,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
