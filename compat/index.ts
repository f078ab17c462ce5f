// `bun run compat [words of a name]`: the same scenarios against the reference on Node, the
// reference on Bun, and this package. What each side saw is compared with what it saw of the
// reference on Node (on Bun where there is no Node); a difference fails the run.

import { SCENARIOS } from "./scenarios/index.ts";
import type { Scenario } from "./scenario.ts";

interface Implementation {
  name: string;
  command: string[];
  package: string;
}

/** What was observable of one run. */
interface Transcript {
  client: string[];
  server: string[];
}

const DEADLINE_MS = 15_000;
const script = `${import.meta.dir}/server.ts`;
const implementations = await findImplementations();
const wanted = process.argv.slice(2).join(" ");

async function findImplementations(): Promise<Implementation[]> {
  const bun = process.execPath;
  const built = await Bun.build({
    entrypoints: [script],
    target: "node",
    external: ["bun-socket.io", "socket.io", "socket.io-client"],
    outdir: `${import.meta.dir}/../node_modules/.compat`,
    naming: "[name].mjs",
  });
  const bundle = built.outputs[0]?.path;
  const onNode =
    Bun.which("node") && bundle
      ? [{ name: "socket.io on Node", command: ["node", bundle], package: "socket.io" }]
      : [];
  return [
    ...onNode,
    { name: "socket.io on Bun", command: [bun, script], package: "socket.io" },
    { name: "bun-socket.io", command: [bun, script], package: "bun-socket.io" },
  ];
}

async function run(scenario: Scenario, implementation: Implementation): Promise<Transcript> {
  const child = Bun.spawn([...implementation.command, scenario.name], {
    cwd: `${import.meta.dir}/..`,
    env: { ...process.env, COMPAT_SERVER: implementation.package },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const server: string[] = [];
  const client: string[] = [];
  const port = Promise.withResolvers<string>();
  const ended = Promise.withResolvers<void>();
  const output = (async () => {
    let text = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n")) {
        const line = text.slice(0, end);
        text = text.slice(end + 1);
        if (line.startsWith("port ")) {
          port.resolve(line.slice(5));
        } else if (line === "end") {
          ended.resolve();
        } else {
          server.push(line);
        }
      }
    }
  })();
  const deadline = setTimeout(() => {
    port.reject(new Error("the server did not start"));
    ended.reject(new Error("the server did not see its clients leave"));
  }, DEADLINE_MS);
  ended.promise.catch(() => {}); // it may be rejected before anyone waits for it
  try {
    const url = `http://127.0.0.1:${await port.promise}`;
    await scenario.client(url, (...line) => client.push(JSON.stringify(line)));
    child.stdin.write("end\n");
    await child.stdin.flush();
    await ended.promise;
  } finally {
    clearTimeout(deadline);
    child.kill();
    await output;
  }
  return { client, server };
}

function differences(expected: Transcript, actual: Transcript): string[] {
  return (["client", "server"] as const).flatMap((side) => {
    const [want, got] = [expected[side], actual[side]];
    const length = Math.max(want.length, got.length);
    return Array.from({ length }, (_, index) => index)
      .filter((index) => want[index] !== got[index])
      .map(
        (index) =>
          `    ${side}, line ${index + 1}\n` +
          `      expected ${want[index] ?? "nothing"}\n      got      ${got[index] ?? "nothing"}`,
      );
  });
}

let failed = 0;
const chosen = SCENARIOS.filter(({ name }) => name.includes(wanted));
const [first, ...rest] = implementations;
if (first === undefined || chosen.length === 0) {
  throw new Error(`no scenario is named like "${wanted}"`);
}
console.log(`${chosen.length} scenarios, compared with ${first.name}`);
for (const scenario of chosen) {
  const expected = await run(scenario, first);
  const marks: string[] = [];
  for (const implementation of rest) {
    const found = differences(expected, await run(scenario, implementation));
    marks.push(`${implementation.name}: ${found.length === 0 ? "same" : "DIFFERS"}`);
    if (found.length > 0) {
      marks.push(`\n${found.join("\n")}\n   `);
      failed += implementation.package === "bun-socket.io" ? 1 : 0;
    }
  }
  console.log(`  ${scenario.name}: ${marks.join("  ")}`);
}
console.log(failed === 0 ? "no difference" : `${failed} scenarios differ`);
process.exitCode = failed === 0 ? 0 : 1;
