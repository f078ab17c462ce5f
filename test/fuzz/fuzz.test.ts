// The fuzz run, short, the same each time; and that it finds what it is for.

import { describe, expect, test } from "bun:test";
import { fuzzCodec } from "../../fuzz/codecs.ts";
import { readCorpus } from "../../fuzz/corpus.ts";
import { mutate } from "../../fuzz/mutate.ts";
import { Random } from "../../fuzz/random.ts";
import { fuzzSessions } from "../../fuzz/sessions.ts";
import { TARGETS, type Target } from "../../fuzz/targets.ts";

const SEED = 1;
const INPUTS = 3_000;
const SESSIONS = 200;

describe.each(TARGETS.map((target) => [target.name, target] as const))("%s", (name, target) => {
  test("whatever the bytes, it answers, also to those kept from earlier runs", () => {
    const kept = readCorpus(name);
    const { inputs, failure } = fuzzCodec(target, SEED, kept, (count) => count < INPUTS);
    expect(failure).toBeNull();
    expect(inputs).toBeGreaterThanOrEqual(INPUTS);
  });

  test("a seed says which inputs there are, and more of them show more", () => {
    const run = (count: number) => fuzzCodec(target, SEED, [], (inputs) => inputs < count);
    const [first, second] = [run(1_000), run(1_000)];
    expect(first.corpus).toEqual(second.corpus);
    expect(run(20).answers).toBeLessThanOrEqual(first.answers);
    expect(first.answers).toBeGreaterThan(target.seeds.length > 3 ? 3 : 2);
  });
});

const SITES = [
  ["listen()", { host: "listen()" }],
  ["node:http", { host: "a server of node:http" }],
  ["MessagePack", { host: "listen()", msgpack: true }],
] as const;

test.each(SITES)(
  "whatever clients send, their server and its other sessions are well (%s)",
  async (_name, site) => {
    const { sessions, failure } = await fuzzSessions(site, SEED, (count) => count < SESSIONS);
    expect(failure).toBeNull();
    expect(sessions).toBeGreaterThanOrEqual(SESSIONS);
  },
  40_000,
);

test("an input that breaks its target is found, by way of those that come near", () => {
  const word = "abc";
  const target: Target = {
    name: "a lock of three letters",
    seeds: [Buffer.from("xxx")],
    run(input) {
      let open = 0;
      while (open < word.length && input[open] === word.charCodeAt(open)) {
        open++;
      }
      if (open === word.length) {
        throw new Error("it is open");
      }
      return `${open}`;
    },
  };
  const { failure, corpus } = fuzzCodec(target, SEED, [], (inputs) => inputs < 1_000_000);
  expect(failure?.input.toString()).toStartWith(word);
  expect(corpus.length).toBe(word.length);
});

test("mutations of anything are bytes of a bounded length", () => {
  const random = new Random(SEED);
  let corpus: Buffer[] = [Buffer.alloc(0)];
  for (let count = 0; count < 2_000; count++) {
    const bytes = mutate(corpus, random);
    expect(bytes.length).toBeLessThanOrEqual(4_096);
    corpus = [...corpus.slice(-20), bytes];
  }
});
