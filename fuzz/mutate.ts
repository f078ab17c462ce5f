// Makes new bytes of old ones.

import type { Random } from "./random.ts";

const LONGEST = 4_096;

/** What means something to one codec or another. */
const WORDS: readonly Buffer[] = [
  ...["0", "1", "2", "3", "4", "5", "6", "40", "41", "42", "43", "44", "450-", "451-", "461-"],
  ...["4511-", "2probe", "b", "b4", "bAQID", "\u001e", ":", "1:", "0:", "-1", "/", "/chat,", ","],
  ...[
    "/__proto__,",
    '["x"]',
    '["ask"]',
    '["error"]',
    '["disconnect"]',
    '["__proto__"]',
    "[]",
    "{}",
  ],
  ...['{"_placeholder":true,"num":0}', '{"_placeholder":true,"num":1e9}', '{"__proto__":{"a":1}}'],
  ...['"constructor"', "null", "1e308", "9007199254740993", "[".repeat(50), '{"a":'.repeat(20)],
  ...["EIO=4", "EIO=3", "&transport=polling", "&transport=websocket", "&sid=", "&j=0", "&b64=1"],
  ...["%00", "%", "é", "\ud800", "d="],
]
  .map((word) => Buffer.from(word))
  .concat(
    [[0xff], [0, 255], [1, 1, 255], [0xc1], [0xdd, 255, 255, 255, 255], [0xc9, 16, 0, 0, 0, 0]].map(
      (bytes) => Buffer.from(bytes),
    ),
    [[0xdf, 0, 1, 0, 0], [0x84], [0xa4, 0x74, 0x79, 0x70, 0x65], [0x91], [0x80]].map((bytes) =>
      Buffer.from(bytes),
    ),
  );

type Mutation = (bytes: Buffer, random: Random, others: readonly Buffer[]) => Buffer;

/** Puts bytes in the place of others. */
function splice(bytes: Buffer, start: number, count: number, inserted: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, start), inserted, bytes.subarray(start + count)]);
}

const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => {
    const copy = Buffer.from(bytes);
    const index = random.below(copy.length + 1);
    copy[index] = (copy[index] ?? 0) ^ (1 << random.below(8)); // beyond the end it does nothing
    return copy;
  },
  (bytes, random) =>
    splice(
      bytes,
      random.below(bytes.length + 1),
      random.below(2),
      Buffer.from([random.below(256)]),
    ),
  (bytes, random) =>
    splice(bytes, random.below(bytes.length + 1), 1 + random.below(8), Buffer.alloc(0)),
  (bytes, random) => splice(bytes, random.below(bytes.length + 1), 0, random.pick(WORDS)),
  (bytes, random) => splice(bytes, random.below(bytes.length + 1), 4, random.pick(WORDS)),
  (bytes, random) => {
    const start = random.below(bytes.length + 1);
    return splice(bytes, start, 0, bytes.subarray(start, start + random.below(16)));
  },
  (bytes, random, others) => {
    const other = random.pick(others);
    const cut = random.below(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, cut), other.subarray(random.below(other.length + 1))]);
  },
  (bytes, random) => {
    const part = bytes.subarray(random.below(bytes.length + 1));
    return Buffer.concat([bytes, ...Array.from({ length: random.below(20) }, () => part)]);
  },
];

/**
 * Makes new bytes of one of those given.
 *
 * @param corpus what there is, at least one
 */
export function mutate(corpus: readonly Buffer[], random: Random): Buffer {
  let bytes = random.pick(corpus);
  for (let count = 1 + random.below(4); count > 0; count--) {
    bytes = random.pick(MUTATIONS)(bytes, random, corpus);
  }
  return bytes.subarray(0, LONGEST);
}
