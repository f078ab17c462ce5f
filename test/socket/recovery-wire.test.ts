import { recoveryWireSuite } from "../suites/recovery-wire.ts";
import { everywhere } from "../support/world.ts";

everywhere(recoveryWireSuite);
