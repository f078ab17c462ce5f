// Of a few measurements.

/** The one in the middle, or between the two there. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

/** From the least to the most. */
export function spread(values: readonly number[]): string {
  return `(${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)})`;
}
