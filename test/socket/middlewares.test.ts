import { middlewareSuite } from "../suites/middlewares.ts";
import { everywhere } from "../support/world.ts";

everywhere(middlewareSuite);
