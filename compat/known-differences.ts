// Where this package differs from the reference and is meant to. One list: a difference that it does
// not have fails the run, and so does an entry that no difference matches any more.

import type { KnownDifference } from "./known.ts";

const ON_BUN_SERVE = ["ours on Bun.serve"] as const;

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    scenario: "a preflight is answered as the option cors says",
    implementations: ON_BUN_SERVE,
    differs: /requests \| - OPTIONS .* -> 204 content-length: 0$/,
    reason: "Bun leaves the Content-Length of a 204 out, which HTTP says nobody may send",
  },
];
