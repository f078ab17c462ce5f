// What a run came to, as figures, as a line of blocks, and as a picture.

import { cpus } from "node:os";
import type { SoakResult } from "./run.ts";
import { growthOf, type Sample } from "./sample.ts";

const BLOCKS = "▁▂▃▄▅▆▇█";
const MEGABYTE = 1_000_000;

/** The figures of a run. */
export interface SoakReport {
  machine: string;
  versions: Record<string, string>;
  cycles: number;
  seconds: number;
  growth: ReturnType<typeof growthOf>;
  /** The most that was left behind at any sample. */
  most: Omit<Sample, "connections" | "objects" | "heapBytes" | "rssBytes">;
  samples: Sample[];
}

/** Makes the figures. */
export function makeReport({ cycles, seconds, samples }: SoakResult): SoakReport {
  const most = (member: keyof Sample) => Math.max(...samples.map((sample) => sample[member]));
  const [cpu] = cpus();
  return {
    machine: `${cpus().length} x ${cpu?.model ?? "unknown"}, ${process.platform} ${process.arch}`,
    versions: { bun: Bun.version },
    cycles,
    seconds: Math.round(seconds),
    growth: growthOf(samples),
    most: {
      sessions: most("sessions"),
      webSockets: most("webSockets"),
      requests: most("requests"),
      sockets: most("sockets"),
      namespaces: most("namespaces"),
      rooms: most("rooms"),
      subscribers: most("subscribers"),
      timers: most("timers"),
      uncollected: most("uncollected"),
    },
    samples,
  };
}

/** A line of blocks, the highest value the highest block. */
export function sparkline(values: readonly number[]): string {
  const highest = Math.max(...values);
  return values
    .map((value) => BLOCKS[Math.round((value / highest) * (BLOCKS.length - 1))] ?? " ")
    .join("");
}

const WIDTH = 760;
const HEIGHT = 260;
const LEFT = 60;
const RIGHT = 20;
const TOP = 70;
const BOTTOM = 40;

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #24292f; }
  .title { font-weight: 600; font-size: 18px; }
  .quiet { fill: #656d76; }
  .heap { stroke: #e5487a; fill: none; stroke-width: 2; }
  .rss { stroke: #8c959f; fill: none; stroke-width: 1.5; }
  .grid { stroke: #8c959f; stroke-opacity: 0.3; }
  rect.page { fill: #ffffff; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .quiet { fill: #9198a1; }
    rect.page { fill: #0d1117; }
  }`;

/** Draws heap and resident memory over the cycles. */
export function toSvg({ samples, cycles, machine, versions }: SoakReport): string {
  const highest = Math.max(...samples.map(({ rssBytes }) => rssBytes));
  const top = Math.ceil(highest / MEGABYTE / 50) * 50;
  const x = (index: number) => LEFT + ((index + 1) / samples.length) * (WIDTH - LEFT - RIGHT);
  const y = (bytes: number) => HEIGHT - BOTTOM - (bytes / MEGABYTE / top) * (HEIGHT - TOP - BOTTOM);
  const line = (member: "heapBytes" | "rssBytes") =>
    samples
      .map((sample, index) => `${x(index).toFixed(1)},${y(sample[member]).toFixed(1)}`)
      .join(" ");
  const grid = [0, top / 2, top].map((megabytes) => {
    const at = y(megabytes * MEGABYTE).toFixed(1);
    return `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}"/>
<text class="quiet" x="${LEFT - 8}" y="${at}" text-anchor="end" dominant-baseline="middle">${megabytes} MB</text>`;
  });
  const about = `${machine}, Bun ${versions.bun}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="Memory of a server over ${cycles} cycles">
<style>${STYLE}
</style>
<rect class="page" width="100%" height="100%" rx="8"/>
<text class="title" x="20" y="30">Memory of an idle server, after so many clients have come and gone</text>
<text class="quiet" x="20" y="50">${about.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}; red: heap, gray: resident</text>
${grid.join("\n")}
<polyline class="rss" points="${line("rssBytes")}"/>
<polyline class="heap" points="${line("heapBytes")}"/>
<text class="quiet" x="${LEFT}" y="${HEIGHT - 14}">0</text>
<text class="quiet" x="${WIDTH - RIGHT}" y="${HEIGHT - 14}" text-anchor="end">${cycles.toLocaleString("en")} cycles</text>
</svg>
`;
}
