import { outgoingSuite } from "../suites/outgoing.ts";
import { everywhere } from "../support/world.ts";

everywhere(outgoingSuite);
