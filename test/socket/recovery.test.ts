import { recoverySuite } from "../suites/recovery.ts";
import { everywhere } from "../support/world.ts";

everywhere(recoverySuite);
