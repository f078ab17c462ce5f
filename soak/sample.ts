// What a server has left when nobody is connected, and what that says.

/** What a server counts when it is quiet. */
export interface Sample {
  /** Sockets that there have been. */
  connections: number;
  sessions: number;
  webSockets: number;
  requests: number;
  sockets: number;
  /** Namespaces; those of the program are three. */
  namespaces: number;
  /** Rooms, and sockets that are in one. */
  rooms: number;
  /** WebSockets subscribed to topics that were published to. */
  subscribers: number;
  timers: number;
  /** Sockets, sessions and callbacks that the garbage collector has not collected. */
  uncollected: number;
  objects: number;
  heapBytes: number;
  rssBytes: number;
}

/** How much is more with each cycle. */
export interface Growth {
  objectsPerCycle: number;
  heapBytesPerCycle: number;
}

// Of the program and its runtime, whatever the number of cycles.
const NAMESPACES = 2;
const MOST_TIMERS = 100; // a server of node:http has one for each connection that is kept alive
const MOST_UNCOLLECTED = 60;

// A session that stays is some dozens of objects and more than a thousand bytes.
const MOST_OBJECTS_PER_CYCLE = 0.2;
const MOST_BYTES_PER_CYCLE = 24;

/** Half of the samples, from which on the program is warm: its code is compiled, its caches are full. */
function warm(samples: readonly Sample[]): readonly Sample[] {
  return samples.slice(Math.floor(samples.length / 2));
}

/** The slope of a line through all points, by Theil and Sen: the median of those between any two. */
function slope(points: readonly (readonly [number, number])[]): number {
  const slopes = points.flatMap(([x, y], index) =>
    points.slice(index + 1).map(([otherX, otherY]) => (otherY - y) / (otherX - x)),
  );
  slopes.sort((a, b) => a - b);
  return slopes[Math.floor(slopes.length / 2)] ?? 0;
}

/** How much grows with each cycle, once the program is warm. */
export function growthOf(samples: readonly Sample[]): Growth {
  const points = warm(samples);
  return {
    objectsPerCycle: slope(points.map(({ connections, objects }) => [connections, objects])),
    heapBytesPerCycle: slope(points.map(({ connections, heapBytes }) => [connections, heapBytes])),
  };
}

/** What was left behind; empty where nothing was. */
export function leaksOf(samples: readonly Sample[]): string[] {
  const leaks: string[] = [];
  for (const [index, sample] of samples.entries()) {
    const left: [string, number, number][] = [
      ["sessions", sample.sessions, 0],
      ["WebSockets", sample.webSockets, 0],
      ["sockets", sample.sockets, 0],
      ["namespaces", sample.namespaces, NAMESPACES],
      ["rooms", sample.rooms, 0],
      ["subscribers", sample.subscribers, 0],
      ["timers", sample.timers, MOST_TIMERS],
      ["uncollected sockets, sessions and callbacks", sample.uncollected, MOST_UNCOLLECTED],
    ];
    for (const [what, count, most] of left) {
      if (count > most) {
        leaks.push(`sample ${index}: ${count} ${what} are left`);
      }
    }
  }
  const { objectsPerCycle, heapBytesPerCycle } = growthOf(samples);
  if (objectsPerCycle > MOST_OBJECTS_PER_CYCLE && heapBytesPerCycle > MOST_BYTES_PER_CYCLE) {
    leaks.push(
      `the heap grows by ${objectsPerCycle.toFixed(2)} objects, ${heapBytesPerCycle.toFixed(0)} bytes a cycle`,
    );
  }
  return leaks;
}
