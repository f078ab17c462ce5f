// `bun run bench adapter [words]`: whom a broadcast goes to, and rooms.

import { ADAPTER_COMPARISONS } from "./adapter-cases.ts";
import { timeAll } from "./timing.ts";

timeAll(ADAPTER_COMPARISONS, process.argv.slice(3));
