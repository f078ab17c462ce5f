import { serverSideEmitSuite } from "../suites/server-side-emit.ts";
import { everywhere } from "../support/world.ts";

everywhere(serverSideEmitSuite);
