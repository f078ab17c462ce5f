// Values at random, and the same ones each time.

/** Returns a whole number from 0 to below `bound`. */
export type Random = (bound: number) => number;

/** Makes a source of numbers, the same ones for the same seed (mulberry32). */
export function makeRandom(seed: number): Random {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

const LETTERS = [
  "a",
  "Z",
  "0",
  " ",
  '"',
  "\\",
  "\n",
  "\u0000",
  "\u00e9",
  "\u20ac",
  "\u{1f600}",
  "#",
];

/** A text, well-formed. */
export function randomText(random: Random, longest = 40): string {
  return Array.from({ length: random(longest) }, () => LETTERS[random(LETTERS.length)]).join("");
}

function randomNumber(random: Random): number {
  const sign = random(2) === 0 ? 1 : -1;
  return random(3) === 0
    ? (sign * random(2 ** 31)) / 1000
    : sign * Math.floor(2 ** random(53) * (1 + random(1000) / 1000));
}

/**
 * A value that JSON and MessagePack both can carry.
 *
 * @param hasBytes whether there may be bytes in it. Default: true.
 */
export function randomValue(random: Random, hasBytes = true, depth = 0): unknown {
  switch (random(depth > 3 ? 6 : 9)) {
    case 0:
      return randomNumber(random);
    case 1:
    case 2:
      return randomText(random, random(10) === 0 ? 400 : 40);
    case 3:
      return random(2) === 0;
    case 4:
      return null;
    case 5:
      return hasBytes
        ? Buffer.from(Array.from({ length: random(80) }, () => random(256)))
        : random(128);
    case 6:
      return Array.from({ length: random(6) }, () => randomValue(random, hasBytes, depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random(6) }, () => [
          `k${randomText(random, 20)}`,
          randomValue(random, hasBytes, depth + 1),
        ]),
      );
  }
}
