import { handshakeSuite } from "../suites/handshakes.ts";
import { everywhere } from "../support/world.ts";

everywhere(handshakeSuite);
