import { leakSuite } from "../suites/leaks.ts";
import { everywhere } from "../support/world.ts";

everywhere(leakSuite);
