// `bun run fuzz`: bytes that nobody would send, for all that reads bytes of clients.
//   bun run fuzz                     one minute, with a seed of its own
//   bun run fuzz --minutes 30 --seed 7
//   bun run fuzz --target sessions   one of the targets alone; `--help` names them
// What shows something new is kept in fuzz/corpus/.

import { VICTIM_HOSTS } from "../test/support/witnesses.ts";
import { fuzzCodec } from "./codecs.ts";
import { readCorpus, writeCorpus } from "./corpus.ts";
import { fuzzSessions } from "./sessions.ts";
import { TARGETS } from "./targets.ts";

const SESSIONS = "sessions";
const names = [...TARGETS.map(({ name }) => name), SESSIONS];

function optionOf(option: string): string | undefined {
  const index = process.argv.indexOf(option);
  return index === -1 ? undefined : process.argv[index + 1];
}

if (process.argv.includes("--help")) {
  console.log(
    `bun run fuzz [--minutes N] [--seed S] [--target NAME]\ntargets: ${names.join(", ")}`,
  );
  process.exit(0);
}
const minutes = Number(optionOf("--minutes") ?? 1);
const seed = Number(optionOf("--seed") ?? Date.now() % 1_000_000);
const only = optionOf("--target");
if (!(minutes > 0) || !Number.isInteger(seed) || (only !== undefined && !names.includes(only))) {
  console.error("--minutes is above 0, --seed a whole number, --target one of those of --help");
  process.exit(2);
}

const codecs = TARGETS.filter(({ name }) => only === undefined || only === name);
const sites = VICTIM_HOSTS.flatMap((host) => [{ host }, { host, msgpack: true }]);
const attacked = only === undefined || only === SESSIONS ? sites : [];
// Sessions take half of the time, if there are others.
const halves = codecs.length > 0 && attacked.length > 0 ? 2 : 1;
const shareMs = (count: number) => (minutes * 60_000) / halves / Math.max(1, count);
let failures = 0;
console.log(`seed ${seed}`);

for (const target of codecs) {
  const end = performance.now() + shareMs(codecs.length);
  const kept = readCorpus(target.name);
  const goesOn = (inputs: number) => inputs % 256 !== 0 || performance.now() < end;
  const { inputs, corpus, answers, failure } = fuzzCodec(target, seed, kept, goesOn);
  console.log(`${target.name}: ${inputs} inputs, ${answers} kinds of answers`);
  await writeCorpus(target.name, corpus.slice(target.seeds.length));
  if (failure !== null) {
    failures++;
    console.error(`${target.name} fails with ${failure.input.toString("base64")}:`, failure.error);
  }
}
for (const site of attacked) {
  const end = performance.now() + shareMs(attacked.length);
  const { sessions, failure } = await fuzzSessions(site, seed, () => performance.now() < end);
  const name = `${site.host}${"msgpack" in site ? ", MessagePack" : ""}`;
  console.log(`sessions of ${name}: ${sessions}`);
  if (failure !== null) {
    failures++;
    const { first, last, problems } = failure;
    console.error(`sessions ${first} to ${last} of ${name}, seed ${seed}:`, problems);
  }
}
console.log(failures === 0 ? "all is well" : `${failures} failed`);
process.exit(failures === 0 ? 0 : 1);
