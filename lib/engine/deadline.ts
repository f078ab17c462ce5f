/**
 * Waits for a decision that functions of the user's have to make, but not longer than a given time.
 * Where they decide at once no timer is made.
 *
 * @param limitMs how long; Infinity for as long as it takes
 * @param decide makes the decision and hands it to its argument; a decision that is late is ignored
 * @param decided called once with the decision
 * @param onLate called instead when the time is over
 */
export function within<Decision>(
  limitMs: number,
  decide: (decided: (decision: Decision) => void) => void,
  decided: (decision: Decision) => void,
  onLate: () => void,
): void {
  let isOver = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  decide((decision) => {
    if (!isOver) {
      isOver = true;
      clearTimeout(timer);
      decided(decision);
    }
  });
  if (!isOver && limitMs !== Number.POSITIVE_INFINITY) {
    timer = setTimeout(() => {
      isOver = true;
      onLate();
    }, limitMs);
  }
}
