// Runs inputs against a target, and goes on from those that show something new: an answer that there has
// not been says that they took another way through the code.

import { mutate } from "./mutate.ts";
import { Random } from "./random.ts";
import type { Target } from "./targets.ts";

/** What a run came to. */
export interface CodecRun {
  inputs: number;
  /** The inputs that showed something new, the seeds among them. */
  corpus: Buffer[];
  /** How many kinds of answers there were. */
  answers: number;
  /** The input that broke it, and how; null where none did. */
  failure: { input: Buffer; error: unknown } | null;
}

/**
 * Runs a target.
 *
 * @param seed the inputs are the same for the same one, and the same corpus
 * @param kept inputs of earlier runs
 * @param goesOn asked with the number of inputs
 */
export function fuzzCodec(
  target: Target,
  seed: number,
  kept: readonly Buffer[],
  goesOn: (inputs: number) => boolean,
): CodecRun {
  const random = new Random(seed);
  const seen = new Set<string>();
  const corpus: Buffer[] = [];
  const first = [...target.seeds, ...kept];
  let inputs = 0;
  for (;;) {
    const input = first[inputs] ?? mutate(corpus.length > 0 ? corpus : target.seeds, random);
    inputs++;
    let answer: string;
    try {
      answer = target.run(input);
    } catch (error) {
      return { inputs, corpus, answers: seen.size, failure: { input, error } };
    }
    if (!seen.has(answer)) {
      seen.add(answer);
      corpus.push(input);
    }
    if (inputs >= first.length && !goesOn(inputs)) {
      return { inputs, corpus, answers: seen.size, failure: null };
    }
  }
}
