// The server's process: starts a fresh server for each scenario that the runner names, reports what
// is observable there, and closes it.

import { createInterface } from "node:readline";
import { renderLine } from "../render.ts";
import type { Anything, CompatOptions, CompatServer, Scenario } from "../scenario.ts";
import type { Host, Hosted } from "./hosts.ts";
import { REPORT_MARK, type Report, type Request } from "./protocol.ts";
import { LOG, sayOfSocket, tapServer } from "./taps.ts";

const SETTLE_MS = 2000;

type Command = (...args: Anything[]) => unknown;

interface Run {
  /** The server of the scenario, and those that it has added. */
  hosted: Hosted[];
  /** Nothing more is reported of it: what comes late is not the next one's. */
  isOver: boolean;
  commands: Map<string, Command>;
}

function say(report: Report): void {
  process.stdout.write(`${REPORT_MARK}${JSON.stringify(report)}\n`);
}

/**
 * Does what the runner asks for, until it closes the input.
 *
 * @param reference what hosts the servers of a fleet that are of the reference
 */
export function serve(scenarios: readonly Scenario[], host: Host, reference: Host = host): void {
  let run: Run | null = null;

  async function answer(request: Request): Promise<unknown> {
    if (request.do === "start") {
      const scenario = scenarios.find(({ name }) => name === request.scenario);
      if (scenario === undefined) {
        throw new Error(`there is no scenario "${request.scenario}"`);
      }
      const started = await start(scenario, host, reference);
      run = started;
      return Promise.all(started.hosted.map((hosted) => hosted.listen()));
    }
    if (run === null) {
      throw new Error("no scenario has been started");
    }
    switch (request.do) {
      case "command":
        return command(run, request.name, request.args);
      case "settle":
        return settle(run.hosted.map(({ io }) => io));
      case "stop": {
        const ended = run;
        run = null;
        ended.isOver = true;
        return Promise.all(ended.hosted.map((hosted) => hosted.close())).then(() => {});
      }
    }
  }

  createInterface({ input: process.stdin }).on("line", (line) => {
    const request = JSON.parse(line) as Request;
    answer(request).then(
      (result) => say({ say: "done", id: request.id, result }),
      (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        say({ say: "failed", id: request.id, message });
      },
    );
  });
  process.stdin.once("end", () => process.exit(0));
}

async function start(scenario: Scenario, host: Host, reference: Host): Promise<Run> {
  const { options = {} } = scenario;
  const run: Run = { hosted: [], isOver: false, commands: new Map() };
  const tell = (report: Report): void => {
    if (!run.isOver) {
      say(report);
    }
  };
  const add = (wanted: CompatOptions, by = host): Hosted => {
    const hosted = by.make(wanted);
    run.hosted.push(hosted);
    if (scenario.taps !== false) {
      tapServer(hosted.io, tell, wanted.connectionStateRecovery !== undefined);
    }
    return hosted;
  };
  const { io, httpServer } = add(
    typeof options === "function" ? options(host.package, host.redis) : options,
  );
  await scenario.server?.(io, {
    log: (what, ...details) => tell({ say: "line", section: LOG, text: renderLine(what, details) }),
    logOf: (socket, what, ...details) => sayOfSocket(tell, socket, what, details),
    command: (name, doIt) => run.commands.set(name, doIt),
    addServer: (wanted = {}) => add(wanted).io,
    addReference: (wanted = {}) => add(wanted, reference).io,
    package: host.package,
    redis: host.redis,
    referenceRedis: reference.redis,
    httpServer,
  });
  return run;
}

function command({ commands }: Run, name: string, args: unknown[]): unknown {
  const run = commands.get(name);
  if (run === undefined) {
    throw new Error(`the scenario's server part has no command "${name}"`);
  }
  return run(...args);
}

/** Waits until the last client has left; not every engine counts them. */
async function settle(servers: readonly CompatServer[]): Promise<void> {
  const deadline = Date.now() + SETTLE_MS;
  const isAlone = (io: CompatServer): boolean =>
    !(io.engine?.clientsCount > 0) &&
    [...io._nsps.values()].every(({ sockets }: Anything) => sockets.size === 0);
  while (!servers.every(isAlone) && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
