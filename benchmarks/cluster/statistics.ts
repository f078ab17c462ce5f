// Of a few measurements.

/** The one in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** From the least to the most. */
export function spread(values: readonly number[]): string {
  return `(${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)})`;
}
