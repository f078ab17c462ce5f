// One run of one scenario against one implementation, from the fresh server to the transcript.

import { Names } from "./names.ts";
import type { Scenario } from "./scenario.ts";
import { Sections, type Transcript } from "./sections.ts";
import { SOCKET } from "./server/taps.ts";
import type { ServerProcess } from "./server-process.ts";
import { Tools } from "./tools.ts";
import { writeWire } from "./wire/record.ts";

const DEFAULT_TIMEOUT_MS = 10_000;

/** Lines of sockets, by the id of the socket; their section can be named when all ids are known. */
interface SocketLine {
  socket: string;
  text: string;
}

export async function runScenario(scenario: Scenario, server: ServerProcess): Promise<Transcript> {
  const names = new Names();
  const sections = new Sections();
  const offsets = new Set<string>();
  const socketLines: SocketLine[] = [];
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => {}); // it may be rejected when nobody waits for it
  server.onCrash = (error) => broken.reject(error);
  server.onReport = (report) => {
    if (report.say === "offset") {
      offsets.add(report.value);
    } else if (report.say === "line" && report.socket !== undefined) {
      socketLines.push({ socket: report.socket, text: report.text });
    } else if (report.say === "line") {
      sections.add(report.section, report.text);
    }
  };
  const timeoutMs = scenario.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const timer = setTimeout(
    () => broken.reject(new Error(`it did not come to its end in ${timeoutMs} ms`)),
    timeoutMs,
  );
  const within = <Value>(promise: Promise<Value>): Promise<Value> =>
    Promise.race([promise, broken.promise]);

  let tools: Tools | null = null;
  let failure: string | null = null;
  try {
    const ports = await within(server.ask({ do: "start", scenario: scenario.name }));
    tools = new Tools(server.implementation.id, ports as number[], {
      line: (section, text) => sections.add(section, text),
      name: (id, name) => names.add(id, name),
      command: (name, args) => server.ask({ do: "command", name, args }),
    });
    await within(scenario.client(tools));
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  }
  try {
    await within(tools?.end() ?? Promise.resolve());
    await within(server.ask({ do: "settle" }));
    server.onReport = () => {};
    tools?.close(); // a connection that the scenario has frozen would hold the server up
    await within(server.ask({ do: "stop" }));
  } catch (error) {
    failure ??= error instanceof Error ? error.message : String(error);
    await server.kill();
  } finally {
    clearTimeout(timer);
    server.onReport = () => {};
    server.onCrash = () => {};
    tools?.close();
  }
  for (const [who, tap] of tools?.used ?? []) {
    writeWire(who, tap, tools?.isStock(who) ?? false, names, sections);
  }
  names.addAll(offsets, "offset");
  const isLate = (line: string): boolean =>
    [...(tools?.used.keys() ?? [])].some((who) => tools?.isStock(who) && isLateRequest(line, who));
  return { sections: finish(sections, socketLines, names, isLate), failure };
}

/** A stock client's request for a session that has just ended: whether there is one depends on the moment. */
function isLateRequest(line: string, who: string): boolean {
  return line.startsWith("connection_error 1 ") && line.includes(`"sid":"<${who} sid`);
}

/** Adds the sections of the sockets, and puts names for ids. */
function finish(
  sections: Sections,
  lines: readonly SocketLine[],
  names: Names,
  isLate: (line: string) => boolean,
): Transcript["sections"] {
  const unknown = new Map<string, string>();
  const sockets = new Sections();
  for (const { socket, text } of lines) {
    const known = names.apply(socket);
    const name = known !== socket ? known : (unknown.get(socket) ?? `<socket ${unknown.size + 1}>`);
    if (known === socket) {
      unknown.set(socket, name);
    }
    sockets.add(`${SOCKET} ${name}`, text);
  }
  for (const [id, name] of unknown) {
    names.addAll([id], name.slice(1, -1));
  }
  // By title: the order in which several clients act is not always the scenario's.
  return [...sections.list(), ...sockets.list()]
    .sort((a, b) => rank(a.title) - rank(b.title) || (a.title < b.title ? -1 : 1))
    .map(({ title, lines: texts }) => ({
      title,
      lines: texts.map((text) => names.apply(text)).filter((line) => !isLate(line)),
    }))
    .filter(({ lines: texts }) => texts.length > 0);
}

/** The scenario's own lines first, then the server's, then those of each name. */
function rank(title: string): number {
  return ["scenario: ", "server: "].findIndex((start) => title.startsWith(start)) & 3;
}
