import type { Labels, MetricSnapshot } from "./registry.ts";

/** The content type of the text. */
export const OPEN_METRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/**
 * Writes metrics as OpenMetrics text. Source: the OpenMetrics specification 1.0.0.
 *
 * @param metrics by name
 * @param prefix of all names
 */
export function toOpenMetrics(
  metrics: Readonly<Record<string, MetricSnapshot>>,
  prefix: string,
): string {
  const lines: string[] = [];
  for (const [key, metric] of Object.entries(metrics)) {
    const name = prefix + key;
    lines.push(`# TYPE ${name} ${metric.type}`);
    const unit = /_(seconds|bytes)$/.exec(name)?.[1];
    if (unit !== undefined) {
      lines.push(`# UNIT ${name} ${unit}`);
    }
    lines.push(`# HELP ${name} ${quote(metric.help)}`);
    if (metric.type === "histogram") {
      for (const { labels, buckets, count, sum } of metric.distributions) {
        for (const [le, below] of Object.entries(buckets)) {
          lines.push(`${name}_bucket${toText({ ...labels, le })} ${below}`);
        }
        lines.push(`${name}_count${toText(labels)} ${count}`);
        lines.push(`${name}_sum${toText(labels)} ${sum}`);
      }
    } else {
      const suffix = metric.type === "counter" ? "_total" : "";
      for (const { labels, value } of metric.samples) {
        lines.push(`${name}${suffix}${toText(labels)} ${value}`);
      }
    }
  }
  return `${lines.join("\n")}\n# EOF\n`;
}

function toText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${quote(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function quote(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
