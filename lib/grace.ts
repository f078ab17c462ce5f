/**
 * Waits for something, but not for ever.
 *
 * @param graceMs how long at the most, in ms
 * @param start is given what to call when it has come
 * @returns resolves then, or when the time is up
 */
export async function withGrace(graceMs: number, start: (done: () => void) => void): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await new Promise<void>((resolve) => {
    start(resolve);
    timer = setTimeout(resolve, graceMs);
  });
  clearTimeout(timer);
}
