/** The labels of a series, by name. */
export type Labels = Readonly<Record<string, string>>;

/** One value of a metric. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** One distribution of a histogram: how many were at most so large, and their sum. */
export interface Distribution {
  readonly labels: Labels;
  readonly count: number;
  readonly sum: number;
  /** By upper bound; `+Inf` has all of them. */
  readonly buckets: Readonly<Record<string, number>>;
}

/** One metric at one time. */
export type MetricSnapshot = { readonly help: string } & (
  | { readonly type: "counter" | "gauge"; readonly samples: readonly Sample[] }
  | { readonly type: "histogram"; readonly distributions: readonly Distribution[] }
);

/** More series than this are counted as one, whose labels are all `other`: clients choose some names. */
const MOST_SERIES = 200;
const OTHER = "other";

/** The series of one metric, made as their labels come up. */
class Family<Value> {
  readonly series = new Map<string, { readonly labels: Labels; readonly value: Value }>();
  readonly #names: readonly string[];
  readonly #make: () => Value;

  constructor(names: readonly string[], make: () => Value) {
    this.#names = names;
    this.#make = make;
  }

  /** @param values those of the labels, in the order of their names */
  of(values: readonly string[]): Value {
    const key = values.join("\u0000");
    const found = this.series.get(key);
    if (found !== undefined) {
      return found.value;
    }
    if (this.series.size >= MOST_SERIES && values.some((each) => each !== OTHER)) {
      return this.of(values.map(() => OTHER));
    }
    const labels = Object.fromEntries(
      this.#names.map((name, index) => [name, values[index] ?? ""]),
    );
    const value = this.#make();
    this.series.set(key, { labels, value });
    return value;
  }
}

/** A number that only grows, or one that goes up and down. */
export class NumberMetric {
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly #family: Family<{ n: number }>;
  /** Fills in a gauge that is read when it is asked for. */
  readonly #read: ((set: (value: number, ...labels: string[]) => void) => void) | undefined;

  constructor(
    type: "counter" | "gauge",
    help: string,
    labels: readonly string[] = [],
    read?: (set: (value: number, ...labels: string[]) => void) => void,
  ) {
    this.type = type;
    this.help = help;
    this.#family = new Family(labels, () => ({ n: 0 }));
    this.#read = read;
    if (labels.length === 0) {
      this.#family.of([]); // it is there, with 0, from the beginning
    }
  }

  add(count: number, ...labels: string[]): void {
    this.#family.of(labels).n += count;
  }

  /** Adds to one series, which is there from the first time on: for what happens with each packet. */
  adder(...labels: string[]): (count: number) => void {
    let series: { n: number } | undefined;
    return (count) => {
      series ??= this.#family.of(labels);
      series.n += count;
    };
  }

  snapshot(): MetricSnapshot {
    if (this.#read !== undefined) {
      this.#family.series.clear();
      this.#read((value, ...labels) => {
        this.#family.of(labels).n += value;
      });
    }
    const samples = [...this.#family.series.values()].map(({ labels, value }) => ({
      labels,
      value: value.n,
    }));
    return { type: this.type, help: this.help, samples };
  }
}

/** How many there were up to each bound and above the one before; how many in all, and their sum. */
interface Times {
  readonly counts: number[];
  count: number;
  sum: number;
}

/** Counts of times, by how long they were. */
export class Histogram {
  readonly help: string;
  readonly #bounds: readonly number[];
  readonly #family: Family<Times>;

  constructor(help: string, labels: readonly string[], bounds: readonly number[]) {
    this.help = help;
    this.#bounds = bounds;
    this.#family = new Family(labels, () => ({
      counts: new Array(bounds.length).fill(0),
      count: 0,
      sum: 0,
    }));
  }

  observe(value: number, ...labels: string[]): void {
    this.#add(this.#family.of(labels), value);
  }

  /** Observes for one series: see {@link NumberMetric.adder}. */
  observer(...labels: string[]): (value: number) => void {
    let series: Times | undefined;
    return (value) => {
      series ??= this.#family.of(labels);
      this.#add(series, value);
    };
  }

  #add(series: Times, value: number): void {
    const index = this.#bounds.findIndex((bound) => value <= bound);
    if (index !== -1) {
      series.counts[index] = (series.counts[index] ?? 0) + 1;
    }
    series.count++;
    series.sum += value;
  }

  snapshot(): MetricSnapshot {
    const distributions = [...this.#family.series.values()].map(({ labels, value }) => {
      let below = 0;
      const bounded = this.#bounds.map((bound, index) => {
        below += value.counts[index] ?? 0;
        return [toNumber(bound), below] as const;
      });
      const buckets = Object.fromEntries([...bounded, ["+Inf", value.count] as const]);
      return { labels, count: value.count, sum: value.sum, buckets };
    });
    return { type: "histogram", help: this.help, distributions };
  }
}

/** A number as OpenMetrics wants bounds: with a point. */
function toNumber(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
