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

/** On a quiet machine the first is enough. */
const LIMITS_MS = [100, 1000, 4000];

/**
 * Tries what has to happen within a time, with more time where it does not: what takes long because
 * the machine is busy is no fault.
 *
 * @param attempt gets the time in ms; throws what is wrong
 */
export async function givingTime(attempt: (limitMs: number) => Promise<void>): Promise<void> {
  for (const [tries, limitMs] of LIMITS_MS.entries()) {
    try {
      await attempt(limitMs);
      return;
    } catch (error) {
      if (tries === LIMITS_MS.length - 1) {
        throw error;
      }
    }
  }
}
