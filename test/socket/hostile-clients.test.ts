import { hostileClientSuite } from "../suites/hostile-clients.ts";
import { everywhere } from "../support/world.ts";

everywhere(hostileClientSuite);
