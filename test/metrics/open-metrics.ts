// A strict reader of OpenMetrics text: the ABNF of the specification, and its rules for types.
// Source: OpenMetrics 1.0.0, sections "ABNF", "Overall Structure", "MetricFamily", "Histogram".

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const NUMBER = "[+-]?(?:(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?|[iI]nf|[nN]a[nN])";
const META = new RegExp(`^# (TYPE|UNIT|HELP) (${NAME}) ((?:[^\\\\\\n]|\\\\["\\\\n])*)$`);
const SAMPLE = new RegExp(`^(${NAME})(?:\\{((?:${LABEL}(?:,${LABEL})*)?)\\})? (${NUMBER})$`);
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ["_total"],
  gauge: [""],
  histogram: ["_bucket", "_count", "_sum"],
};

/** A family of metrics: its type, and its samples by what stands before their value. */
export interface Family {
  type: string;
  samples: Map<string, number>;
}

/** Reads a text; throws where the specification does not allow it. */
export function parseOpenMetrics(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  const lines = text.split("\n");
  if (lines.pop() !== "" || lines.pop() !== "# EOF") throw new Error("it does not end with # EOF");
  let name = "";
  for (const line of lines) {
    const meta = META.exec(line);
    if (meta !== null) {
      const [, kind, of = "", value = ""] = meta;
      if (kind === "TYPE") {
        if (families.has(of)) throw new Error(`${of} comes twice`);
        if (!(value in SUFFIXES)) throw new Error(`no type: ${line}`);
        name = of;
        families.set(name, { type: value, samples: new Map() });
      } else if (of !== name || families.get(name)?.samples.size !== 0) {
        throw new Error(`out of place: ${line}`);
      } else if (kind === "UNIT" && !name.endsWith(`_${value}`)) {
        throw new Error(`a unit that the name does not end with: ${line}`);
      }
      continue;
    }
    const sample = SAMPLE.exec(line);
    const family = families.get(name);
    if (sample === null || family === undefined) throw new Error(`no sample: ${line}`);
    const [, full = "", labels = "", value = ""] = sample;
    const suffix = full.startsWith(name) ? full.slice(name.length) : null;
    if (suffix === null || !SUFFIXES[family.type]?.includes(suffix)) {
      throw new Error(`a name that is not of ${name}: ${line}`);
    }
    const key = `${suffix}{${labels}}`;
    const names = [...labels.matchAll(/([a-zA-Z_]\w*)="/g)].map(([, label]) => label);
    if (family.samples.has(key) || new Set(names).size < names.length) {
      throw new Error(`it comes twice: ${line}`);
    }
    const number = Number(value);
    if (family.type !== "gauge" && !(number >= 0)) throw new Error(`less than nothing: ${line}`);
    family.samples.set(key, number);
  }
  for (const [of, family] of families) checkHistogram(of, family);
  return families;
}

function checkHistogram(name: string, { type, samples }: Family): void {
  if (type !== "histogram") return;
  const series = Map.groupBy(
    [...samples].filter(([key]) => key.startsWith("_bucket")),
    ([key]) => key.replace(/,?le="[^"]*"/, "").replace("_bucket", ""),
  );
  for (const [labels, buckets] of series) {
    const bounds = buckets.map(([key]) => /le="([^"]*)"/.exec(key)?.[1] ?? "");
    const values = bounds.map((bound) =>
      bound === "+Inf" ? Number.POSITIVE_INFINITY : Number(bound),
    );
    const isCanonical = bounds.every((bound) => bound === "+Inf" || /^\d+\.\d+$/.test(bound));
    const isSorted = values.every((value, n) => n === 0 || value > (values[n - 1] ?? 0));
    const grows = buckets.every(([, value], n) => n === 0 || value >= (buckets[n - 1]?.[1] ?? 0));
    const isWhole = buckets.at(-1)?.[1] === samples.get(`_count${labels}`);
    const hasEnd = values.at(-1) === Number.POSITIVE_INFINITY && samples.has(`_sum${labels}`);
    if (!isCanonical || !isSorted || !grows || !isWhole || !hasEnd) {
      throw new Error(`the buckets of ${name}${labels} make no sense`);
    }
  }
}
