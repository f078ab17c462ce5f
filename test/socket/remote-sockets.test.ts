import { remoteSocketSuite } from "../suites/remote-sockets.ts";
import { everywhere } from "../support/world.ts";

everywhere(remoteSocketSuite);
