import { ackSuite } from "../suites/acks.ts";
import { everywhere } from "../support/world.ts";

everywhere(ackSuite);
