// A server's process for the tests of the framework: the reference, with a fault if one is named.

import { nodeHost, type Host } from "../../../compat/server/hosts.ts";
import { serve } from "../../../compat/server/serve.ts";
import type { Anything } from "../../../compat/scenario.ts";
import { TEST_SCENARIOS } from "./scenarios.ts";

type Fault = (hosted: ReturnType<Host["make"]>) => void;

const FAULTS: Record<string, Fault> = {
  /** Another value of a header. */
  header({ io }) {
    io.engine.on("initial_headers", (headers: Record<string, string>) => {
      headers["X-Fault"] = "yes";
    });
  },
  /** Other packets on the wire. */
  wire({ io }) {
    io.engine.opts.pingInterval = 24_999;
  },
  /** Two events, the wrong way around. */
  order({ io }) {
    io.use((socket: Anything, next: () => void) => {
      const emit = socket.emit;
      const held: unknown[][] = [];
      socket.emit = (...args: unknown[]): boolean => {
        if (args[0] === "first") {
          held.push(args);
          return true;
        }
        const result = emit.apply(socket, args);
        for (const late of held.splice(0)) {
          emit.apply(socket, late);
        }
        return result;
      };
      next();
    });
  },
  /** Something that only the server's side sees. */
  rooms({ io }) {
    io.use((socket: Anything, next: () => void) => {
      socket.join("another");
      next();
    });
  },
};

const host = nodeHost(await import("socket.io"));
const fault = FAULTS[process.argv[2] ?? ""];
serve(TEST_SCENARIOS, {
  ...host,
  make(options) {
    const hosted = host.make(options);
    fault?.(hosted);
    return hosted;
  },
});
