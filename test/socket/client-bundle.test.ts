import { describe } from "bun:test";
import { clientBundleSuite } from "../suites/client-bundle.ts";
import { HOSTS } from "../support/hosts.ts";
import { REFERENCE } from "../support/reference.ts";

for (const host of [...HOSTS, REFERENCE]) {
  describe(host.name, () => clientBundleSuite(host, host === REFERENCE));
}
