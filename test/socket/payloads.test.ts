import { payloadSuite } from "../suites/payloads.ts";
import { everywhere } from "../support/world.ts";

everywhere(payloadSuite);
