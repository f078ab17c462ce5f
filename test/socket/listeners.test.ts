import { listenerSuite } from "../suites/listeners.ts";
import { everywhere } from "../support/world.ts";

everywhere(listenerSuite);
