// The load: a process of its own, on a core of its own. It is told by lines on its standard input
// what to do next, and answers by lines on its standard output.

import type { Scenario } from "../scenarios.ts";
import { SCENARIOS } from "../scenarios.ts";
import { frameOf } from "./frames.ts";
import { PollingConnection } from "./polling.ts";
import { type ConnectionPort, WebSocketConnection } from "./websocket.ts";

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
const OPENING = 100; // at a time
const TICK_MS = 1;

interface Load {
  /** Brings up the connections. */
  open(): Promise<void>;
  run(count: number): Promise<number[] | undefined>;
  end(): void;
}

/** Opens the connections of a scenario, some at a time. */
async function openAll(connections: readonly WebSocketConnection[], opened: Joined): Promise<void> {
  for (let index = 0; index < connections.length; index += OPENING) {
    const some = connections.slice(index, index + OPENING);
    const joined = opened.next(some.length);
    await Promise.all(some.map((connection) => connection.connect(port)));
    await joined;
  }
}

/** Counts those who have joined. */
class Joined {
  #missing = 0;
  #done = (): void => {};

  next(count: number): Promise<void> {
    this.#missing = count;
    return new Promise((resolve) => {
      this.#done = resolve;
    });
  }

  one(): void {
    this.#missing--;
    if (this.#missing === 0) this.#done();
  }
}

abstract class WebSocketLoad implements Load, ConnectionPort {
  readonly #joined = new Joined();
  protected readonly connections: WebSocketConnection[] = [];
  protected readonly message = Buffer.concat(scenario.frames.map(frameOf));
  #isOver = false;

  open(): Promise<void> {
    return this.add(scenario.connections);
  }

  /** Brings up so many connections more. */
  protected async add(count: number): Promise<void> {
    const first = this.connections.length;
    const added = Array.from({ length: count }, (_, index) => {
      return new WebSocketConnection(this, scenario.auth?.(first + index) ?? "");
    });
    this.connections.push(...added);
    await openAll(added, this.#joined);
  }

  onJoined(_connection: WebSocketConnection): void {
    this.#joined.one();
  }

  abstract onFrames(connection: WebSocketConnection, frames: number): void;
  abstract run(count: number): Promise<number[] | undefined>;

  onClose(_connection: WebSocketConnection): void {
    if (!this.#isOver) throw new Error("the server has closed a connection");
  }

  end(): void {
    this.#isOver = true;
    for (const connection of this.connections) connection.end();
  }

  protected get senders(): readonly WebSocketConnection[] {
    return this.connections.slice(0, scenario.senders);
  }
}

class EchoLoad extends WebSocketLoad {
  #left = 0;
  #missing = 0;
  #done = (): void => {};
  readonly #framesBack = scenario.framesBack ?? 1;
  readonly #partial = new Map<WebSocketConnection, number>();

  onFrames(connection: WebSocketConnection, frames: number): void {
    let messages = frames;
    if (this.#framesBack > 1) {
      const all = frames + (this.#partial.get(connection) ?? 0);
      messages = Math.floor(all / this.#framesBack);
      this.#partial.set(connection, all % this.#framesBack);
    }
    for (let index = 0; index < messages; index++) {
      this.#missing--;
      if (this.#left > 0) {
        this.#left--;
        connection.send(this.message);
      }
    }
    if (this.#missing === 0) this.#done();
  }

  run(count: number): Promise<undefined> {
    return new Promise((resolve) => {
      this.#done = () => resolve(undefined);
      this.#missing = count;
      const first = this.senders.slice(0, count); // no more than are counted, which might come together
      this.#left = count - first.length;
      for (const connection of first) connection.send(this.message);
    });
  }
}

class BroadcastLoad extends WebSocketLoad {
  readonly #inFlight: number;
  readonly #fanout: number;
  #sent = 0;
  #toSend = 0;
  #frames = 0;
  #done = (): void => {};

  constructor({ inFlight, fanout }: { inFlight: number; fanout: number }) {
    super();
    this.#inFlight = inFlight;
    this.#fanout = fanout;
  }

  onFrames(_connection: WebSocketConnection, frames: number): void {
    this.#frames += frames;
    this.#send();
    if (this.#frames === this.#toSend * this.#fanout) this.#done();
  }

  #send(): void {
    const { senders } = this;
    const through = Math.floor(this.#frames / this.#fanout);
    while (this.#sent < this.#toSend && this.#sent - through < this.#inFlight) {
      senders[this.#sent % senders.length]?.send(this.message);
      this.#sent++;
    }
  }

  run(count: number): Promise<undefined> {
    return new Promise((resolve) => {
      this.#done = () => resolve(undefined);
      this.#sent = 0;
      this.#frames = 0;
      this.#toSend = Math.ceil(count / this.#fanout);
      this.#send();
    });
  }
}

class RateLoad extends WebSocketLoad {
  readonly #perSecond: number;
  #latencies: number[] = [];
  #count = 0;
  #done = (): void => {};

  constructor(perSecond: number) {
    super();
    this.#perSecond = perSecond;
  }

  onFrames(connection: WebSocketConnection, frames: number): void {
    const now = performance.now();
    for (let index = 0; index < frames; index++) {
      this.#latencies.push(now - (connection.due.shift() ?? now));
    }
    if (this.#latencies.length === this.#count) this.#done();
  }

  async run(count: number): Promise<number[]> {
    this.#latencies = [];
    this.#count = count;
    const done = new Promise<void>((resolve) => {
      this.#done = resolve;
    });
    const start = performance.now();
    let sent = 0;
    // A message counts from when it was due, also if this process was late with it.
    const timer = setInterval(() => {
      const due = Math.min(count, ((performance.now() - start) / 1000) * this.#perSecond);
      for (; sent < due; sent++) {
        const connection = this.connections[sent % this.connections.length];
        connection?.due.push(start + (sent / this.#perSecond) * 1000);
        connection?.send(this.message);
      }
      if (sent >= count) clearInterval(timer);
    }, TICK_MS);
    await done;
    return this.#latencies.sort((a, b) => a - b);
  }
}

class IdleLoad extends WebSocketLoad {
  onFrames(): void {}

  // They are opened as the run, so that what they need can be told from what the server needs.
  override async open(): Promise<void> {}

  async run(count: number): Promise<undefined> {
    await this.add(count);
  }
}

class ConnectLoad implements Load, ConnectionPort {
  readonly #inFlight: number;
  #left = 0;
  #missing = 0;
  #done = (): void => {};

  constructor(inFlight: number) {
    this.#inFlight = inFlight;
  }

  async open(): Promise<void> {}

  onJoined(connection: WebSocketConnection): void {
    connection.end();
  }

  onFrames(): void {}

  onClose(): void {
    this.#missing--;
    if (this.#missing === 0) this.#done();
    else this.#next();
  }

  #next(): void {
    if (this.#left > 0) {
      this.#left--;
      void new WebSocketConnection(this, "").connect(port);
    }
  }

  run(count: number): Promise<undefined> {
    return new Promise((resolve) => {
      this.#done = () => resolve(undefined);
      this.#missing = count;
      this.#left = count;
      for (let index = 0; index < this.#inFlight; index++) this.#next();
    });
  }

  end(): void {}
}

class PollingLoad implements Load {
  readonly #clients: PollingConnection[] = [];
  readonly #packet = scenario.frames[0] as string;
  #left = 0;
  #missing = 0;
  #done = (): void => {};

  async open(): Promise<void> {
    for (let index = 0; index < scenario.connections; index++) {
      const client = new PollingConnection((count) => this.#onMessages(client, count));
      this.#clients.push(client);
    }
    await Promise.all(this.#clients.map((client) => client.join(port)));
  }

  #onMessages(client: PollingConnection, count: number): void {
    this.#missing -= count;
    if (this.#left > 0) {
      this.#left--;
      client.send(this.#packet);
    }
    if (this.#missing === 0) this.#done();
  }

  run(count: number): Promise<undefined> {
    return new Promise((resolve) => {
      this.#done = () => resolve(undefined);
      this.#missing = count;
      this.#left = count - this.#clients.length;
      for (const client of this.#clients) client.send(this.#packet);
    });
  }

  end(): void {
    for (const client of this.#clients) client.end();
  }
}

function makeLoad(): Load {
  const { load } = scenario;
  switch (load.kind) {
    case "echo":
      return new EchoLoad();
    case "broadcast":
      return new BroadcastLoad(load);
    case "rate":
      return new RateLoad(load.perSecond);
    case "connect":
      return new ConnectLoad(load.inFlight);
    case "idle":
      return new IdleLoad();
    case "polling":
      return new PollingLoad();
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
