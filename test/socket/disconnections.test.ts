import { disconnectionSuite } from "../suites/disconnections.ts";
import { everywhere } from "../support/world.ts";

everywhere(disconnectionSuite);
