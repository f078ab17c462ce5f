// `bun compat/rules/write.ts`: writes compat/RULES.md anew.

import { PAGE, renderDocuments } from "./documents/index.ts";

await Bun.write(PAGE, renderDocuments());
