// The load: a process of its own, on a core of its own. It is told by lines on its standard input
// what to do next, and answers by lines on its standard output.

import type { Scenario } from "../scenarios.ts";
import { SCENARIOS } from "../scenarios.ts";
import { BroadcastLoad, EchoLoad, RateLoad } from "./message-loads.ts";
import { ConnectLoad, IdleLoad } from "./connection-loads.ts";
import type { Load } from "./load.ts";
import { PollingLoad } from "./polling-load.ts";

/** What one run has shown. */
export interface RunReport {
  /** How many of what the scenario counts. */
  count: number;
  seconds: number;
  /** The CPU that the load itself needed, in seconds. */
  loadCpu: number;
  /** From when a message was due to when it was back, in ms, of each message in order of size. */
  latencies?: number[];
}

const [id, portText] = process.argv.slice(2);
const scenario = SCENARIOS.find((each) => each.id === id) as Scenario;
const port = Number(portText);

function makeLoad(): Load {
  const { load } = scenario;
  switch (load.kind) {
    case "echo":
      return new EchoLoad(scenario, port);
    case "broadcast":
      return new BroadcastLoad(scenario, port, load);
    case "rate":
      return new RateLoad(scenario, port, load.perSecond);
    case "connect":
      return new ConnectLoad(port, load.inFlight);
    case "idle":
      return new IdleLoad(scenario, port);
    case "polling":
      return new PollingLoad(scenario, port);
  }
}

const load = makeLoad();
await load.open();
console.log("{}");
for await (const line of console) {
  if (line === "end") break;
  const count = Number(line);
  const cpu = process.cpuUsage();
  const start = performance.now();
  const latencies = await load.run(count);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const report: RunReport = { count, seconds, loadCpu: (user + system) / 1e6 };
  console.log(JSON.stringify(latencies === undefined ? report : { ...report, latencies }));
}
load.end();
process.exit(0);
