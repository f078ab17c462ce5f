/**
 * Lists the numbers that an adapter tells of itself in `stats`, those within by a dotted name.
 *
 * @param adapter any adapter; most have no `stats`
 */
export function readAdapterStats(adapter: object): (readonly [name: string, value: number])[] {
  return "stats" in adapter ? flatten(adapter.stats, "") : [];
}

function flatten(stats: unknown, path: string): (readonly [string, number])[] {
  if (typeof stats === "number") {
    return Number.isFinite(stats) ? [[path, stats]] : [];
  }
  if (typeof stats !== "object" || stats === null) {
    return [];
  }
  return Object.entries(stats).flatMap(([name, value]) =>
    flatten(value, path === "" ? name : `${path}.${name}`),
  );
}
