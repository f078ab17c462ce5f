import { parserSuite } from "../suites/parsers.ts";
import { everywhere } from "../support/world.ts";

everywhere(parserSuite);
