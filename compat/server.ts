// The entry of a server's process; the argument is the id of the implementation.

import type { ImplementationId } from "./implementations.ts";
import { SCENARIOS } from "./scenarios/index.ts";
import { hostOf, referenceHost } from "./server/hosts.ts";
import { serve } from "./server/serve.ts";

serve(SCENARIOS, await hostOf(process.argv[2] as ImplementationId), await referenceHost());
