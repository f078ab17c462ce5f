// What is written to the logs of the package `debug`: the same facts as by the reference, each under
// the same name, and nothing where no log is switched on.

import { afterEach, beforeAll, describe, expect, test } from "bun:test";
import { fileURLToPath } from "node:url";
import { format } from "node:util";
import debug from "debug";
import { makeLog } from "../lib/log.ts";

const PROGRAM = fileURLToPath(new URL("support/logged-session.ts", import.meta.url));
const ALL = "socket.io:*,engine,engine:*";

type Kind = "reference" | "listen" | "attach";

interface Run {
  /** What it wrote to its standard error output, a line each. */
  lines: string[];
  ids: Record<string, string>;
}

async function run(kind: Kind, env: Record<string, string>): Promise<Run> {
  const { DEBUG: _, DEBUG_COLORS: _colors, ...rest } = process.env;
  const child = Bun.spawn([process.execPath, PROGRAM], {
    env: { ...rest, DEBUG_HIDE_DATE: "1", SERVER: kind, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, error] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (child.exitCode !== 0) {
    throw new Error(`the session went wrong:\n${error}`);
  }
  return { lines: error.split("\n").filter((line) => line !== ""), ids: JSON.parse(out) };
}

interface Fact {
  log: string;
  /** What the line says; `<session>` and the like stand for the ids of the session. */
  says: RegExp;
  /** Of whom it is not asked, as there is no such thing. */
  not?: Kind;
}

const facts = (log: string, ...all: (RegExp | { says: RegExp; not: Kind })[]): Fact[] =>
  all.map((fact) => (fact instanceof RegExp ? { log, says: fact } : { log, ...fact }));

const FACTS: readonly Fact[] = [
  ...facts(
    "socket.io:server",
    /^initializing namespace \/$/,
    /^initializing namespace \/guarded$/,
    /^initializing parent namespace \/_\d+$/,
    /opts \{.*"path":"\/socket\.io"/,
    { says: /binding to 0$/, not: "attach" },
    /serving/,
    /^incoming connection with id <session>$/,
    /^incoming connection with id /,
    /^dynamic namespace \/made-7 was created$/,
    /^serve client source$/,
    /^serve client map$/,
    /^serve client source 304$/,
  ),
  ...facts(
    "socket.io:client",
    /^connecting to namespace \/$/,
    /^connecting to namespace \/guarded$/,
    /namespace \/nowhere was denied/,
    /joined/,
    /^forcing transport close$/,
    /^client close with reason transport close$/,
    /^client close with reason forced /,
  ),
  ...facts(
    "socket.io:namespace",
    /nsp \/$/,
    /nsp \/guarded$/,
    /nsp \/made-7$/,
    /^middleware error, sending CONNECT_ERROR/,
    /recovered for sid <socket>$/,
  ),
  ...facts(
    "socket.io:parent-namespace",
    /^creating child namespace \/made-7$/,
    /^closing child namespace \/made-7$/,
  ),
  ...facts(
    "socket.io:socket",
    /^socket connected/,
    /^join room <socket>$/,
    /^join room parlour$/,
    /^leave room parlour$/,
    /^got packet \{"type":2,"nsp":"\/","id":0,"data":\["question","well\?"\]\}$/,
    /^emitting event \["question","well\?"\]$/,
    /ack callback/,
    /^dispatching an event \["question","well\?",null\]$/,
    /^sending ack \["WELL\?"\]$/,
    /ack id 0$/,
    /^calling ack 0 with \["well"\]$/,
    /ack id 1 has timed out after 10 ms$/,
    /^bad ack 999$/,
    /^got disconnect packet$/,
    /reason client namespace disconnect$/,
    /reason transport close$/,
    /recovery is enabled for sid <socket>$/,
  ),
  ...facts(
    "engine",
    /path "\/socket\.io\/"$/,
    /^handling "GET" http request "\/socket\.io\/\?EIO=4&transport=polling/,
    /^handling "POST" http request "\/socket\.io\/\?EIO=4&transport=polling/,
    /^handling "GET" http request .*&sid=nobody"$/,
    /middleware n°1$/,
    /^handshaking client "<session>"/,
    /^handshaking client "<idle>"/,
    /^setting new request for existing client/,
    /^writing headers: \{\}$/,
    /^upgrading existing transport/,
    /sid.*nobody/,
    /unknown.*pigeon/,
    /^closing all open clients/,
    { says: /^closing webSocketServer$/, not: "listen" },
  ),
  ...facts(
    "engine:socket",
    /^readyState updated from opening to open/,
    /^readyState updated from open to closing/,
    /^readyState updated from (open|closing) to closed/,
    /^sending packet "open" \(\{"sid":"<session>"/,
    /^sending packet "message" \(0\{"sid":"<socket>"/,
    /^sending packet "message" \(4\/guarded,\{"message":"not you"\}\)$/,
    /^sending packet "message" \(hello\)$/,
    /^received packet message$/,
    /^flushing buffer to transport/,
    /batch send callback$/,
    /upgrade socket transport from "polling" to "websocket"$/,
    /probe ping packet/,
    /^got upgrade packet/,
    /^closing the transport/,
  ),
  ...facts(
    "engine:transport",
    /^readyState updated from open to closing \(polling\)$/,
    /^readyState updated from closing to closed \(polling\)$/,
    /^readyState updated from open to closed \(websocket\)$/,
  ),
  ...facts(
    "engine:polling",
    /^setting request$/,
    /^writing "0\{"sid":"<session>"/,
    /^writing "4hello"$/,
    /^writing "1"$/,
    /^received "40"$/,
    /^closing$/,
    /discarded - closing right away$/,
    /writable - closing right away$/,
  ),
  ...facts(
    "engine:ws",
    /^received "2probe"$/,
    /^received "5"$/,
    /^received "40\/guarded,"$/,
    /^received "43999\["late"\]"$/,
  ),
];

/** Lines of the reference that tell a fact of the table anew, with other data, or that depend on chance. */
const REPEATED: readonly Fact[] = [
  ...facts(
    "socket.io:socket",
    /with ack id 1$/,
    /^(join|leave) room /,
    /^(got packet|emitting event|dispatching an event) [{[]/,
  ),
  ...facts("engine", /^handling "GET" http request "/, /^handshaking client "/),
  ...facts(
    "engine:socket",
    /^sending packet "(open|message)" \(/,
    /^writing a noop packet to polling/,
    /^the buffer is empty/, // said with the next line: "closing the transport"
    /remaining packets in the buffer/,
  ),
  ...facts("engine:polling", /^(writing|received) "/),
  ...facts("engine:ws", /^received "/),
];

const isIn =
  (ids: Record<string, string>) =>
  (line: string) =>
  ({ log, says }: Fact): boolean => {
    const source = says.source.replace(/<(\w+)>/g, (_, name) => ids[name] ?? "no such id");
    return (
      line.startsWith(`${log} `) && new RegExp(source, says.flags).test(line.slice(log.length + 1))
    );
  };

const namesOf = ({ lines }: Run): string[] =>
  [...new Set(lines.map((line) => line.split(" ", 1)[0] ?? ""))].sort();

const KINDS = ["reference", "listen", "attach"] as const;

describe("with DEBUG", () => {
  const runs = new Map<Kind, Run>();
  beforeAll(async () => {
    for (const kind of KINDS) {
      runs.set(kind, await run(kind, { DEBUG: ALL, DEBUG_COLORS: "0" }));
    }
  }, 60_000);

  const runOf = (kind: Kind): Run => {
    const found = runs.get(kind);
    if (found === undefined) {
      throw new Error(`there was no run of ${kind}`);
    }
    return found;
  };

  test("the session takes the same course everywhere", () => {
    for (const kind of KINDS) {
      expect(runOf(kind).ids.recovered).toBe("true");
    }
  });

  test.each(KINDS)("the log of %s tells each fact under its name", (kind) => {
    const { lines, ids } = runOf(kind);
    const untold = FACTS.filter(
      (fact) => fact.not !== kind && !lines.some((line) => isIn(ids)(line)(fact)),
    );
    expect(untold.map(({ log, says }) => `${log} ${says.source}`)).toEqual([]);
  });

  test("the table leaves out nothing that the reference says", () => {
    const { lines, ids } = runOf("reference");
    const unknown = lines.filter((line) => ![...FACTS, ...REPEATED].some(isIn(ids)(line)));
    expect(unknown).toEqual([]);
  });

  test.each(["listen", "attach"] as const)("the same names speak with %s", (kind) => {
    expect(namesOf(runOf(kind))).toEqual(namesOf(runOf("reference")));
  });

  test.each(["listen", "attach"] as const)("each line is one line with %s", (kind) => {
    const logs = new Set(FACTS.map(({ log }) => log));
    const others = runOf(kind).lines.filter((line) => !logs.has(line.split(" ", 1)[0] ?? ""));
    expect(others).toEqual([]);
  });
});

describe.each(["listen", "attach"] as const)("%s", (kind) => {
  test("writes nothing without DEBUG", async () => {
    const { lines } = await run(kind, { BRIEF: "1" });
    expect(lines).toEqual([]);
  }, 20_000);

  test("writes one log alone where DEBUG names it alone", async () => {
    const found = await run(kind, { BRIEF: "1", DEBUG: "engine:ws", DEBUG_COLORS: "0" });
    expect(namesOf(found)).toEqual(["engine:ws"]);
  }, 20_000);

  test("writes in colours where DEBUG_COLORS asks for them", async () => {
    const { lines } = await run(kind, { BRIEF: "1", DEBUG: "engine:ws", DEBUG_COLORS: "1" });
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      expect(line).toContain("\x1b[");
    }
  }, 20_000);

  test("is switched on by the application's own copy of debug, as it runs", async () => {
    const found = await run(kind, { BRIEF: "1", SWITCH: "socket.io:client", DEBUG_COLORS: "0" });
    expect(namesOf(found)).toEqual(["socket.io:client"]);
  }, 20_000);
});

describe("a log", () => {
  const name = "bun-socket.io:test";
  const written: string[] = [];
  const { log: original } = debug;
  afterEach(() => {
    debug.disable();
    debug.log = original;
    written.length = 0;
  });
  const listen = (): void => {
    debug.log = (...line: unknown[]) => void written.push(format(...line));
    debug.enable(name);
  };

  test("is off until its name is enabled, and then again", () => {
    const log = makeLog(name);
    expect(log.enabled).toBe(false);
    listen();
    expect(log.enabled).toBe(true);
    log("a %s", "b");
    debug.disable();
    log("never");
    expect(log.enabled).toBe(false);
    expect(written).toEqual([expect.stringContaining("a b")]);
  });

  test("writes an error without its stack", () => {
    listen();
    makeLog(name)("it failed: %s", new TypeError("no"));
    expect(written).toEqual([expect.stringMatching(/it failed: TypeError: no( \+\d+ms)?$/)]);
  });

  test("does not throw for what cannot be printed", () => {
    listen();
    const hostile = {
      toJSON() {
        throw new Error("not me");
      },
    };
    makeLog(name)("got packet %j", hostile);
    expect(written).toEqual([
      expect.stringMatching(/could not be written .*not me.*got packet %j/),
    ]);
  });
});
