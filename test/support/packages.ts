// This package and the reference by the same names, for tests of servers of node:http: a program
// written for one has to run on the other.

import { Server } from "bun-socket.io";
import { attach, Server as EngineServer, listen } from "bun-socket.io/engine";
import * as engineIo from "engine.io";
import { Server as ReferenceServer } from "socket.io";

export const OURS = { name: "bun-socket.io", Server, EngineServer, attach, listen };

export const PACKAGES: readonly (typeof OURS)[] = [
  OURS,
  {
    name: "the reference",
    Server: ReferenceServer as unknown as typeof Server,
    EngineServer: engineIo.Server as unknown as typeof EngineServer,
    attach: engineIo.attach as unknown as typeof attach,
    listen: engineIo.listen as unknown as typeof listen,
  },
];
