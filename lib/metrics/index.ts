export { collectMetrics, Metrics, type MetricsOptions } from "./metrics.ts";
export { OPEN_METRICS_TYPE } from "./open-metrics.ts";
export type { Distribution, Labels, MetricSnapshot, Sample } from "./registry.ts";
