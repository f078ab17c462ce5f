// `bun run bench codec [words]`: packets to bytes and back.

import { CODEC_COMPARISONS } from "./codec-cases.ts";
import { timeAll } from "./timing.ts";

timeAll(CODEC_COMPARISONS, process.argv.slice(3));
