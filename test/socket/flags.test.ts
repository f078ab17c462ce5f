import { flagSuite } from "../suites/flags.ts";
import { everywhere } from "../support/world.ts";

everywhere(flagSuite);
