// Scenarios for the tests of the framework itself.

import type { ImplementationId } from "../../../compat/implementations.ts";
import type { Scenario } from "../../../compat/scenario.ts";

/** The implementation that faults are put into. */
export const FAULTY: ImplementationId = "ours on Bun.serve";

export const HANDSHAKE = "a handshake";
export const EVENTS = "two events come in their order";
export const CRASH = "the server ends";
export const HANG = "nothing comes";
export const RULE = "a rule is broken";
export const MANY = "several clients at the same time, over every transport";

export const TEST_SCENARIOS: readonly Scenario[] = [
  {
    name: HANDSHAKE,
    async client(t) {
      await t.fetch("raw", "/socket.io/?EIO=4&transport=polling");
    },
  },
  {
    name: EVENTS,
    server(io, { log }) {
      io.on("connection", (socket) => {
        log("welcome", [...socket.rooms].length);
        socket.emit("first", 1);
        socket.emit("second", Buffer.from("two"));
      });
    },
    async client(t) {
      const ann = await t.connect("ann", { transports: ["websocket"] });
      await Promise.all([ann.next("first"), ann.next("second")]);
    },
  },
  {
    name: CRASH,
    server(_io, { command }) {
      command("crash", () => process.exit(7));
    },
    async client(t) {
      await t.command("crash");
    },
  },
  {
    name: HANG,
    timeoutMs: 300,
    async client(t) {
      const ann = await t.connect("ann");
      await ann.next("nothing");
    },
  },
  {
    name: RULE,
    async client(t) {
      t.check("the sky is green", false, { sky: "blue" });
    },
  },
  {
    name: MANY,
    options: { allowEIO3: true, connectionStateRecovery: {} },
    server(io) {
      io.on("connection", (socket) => {
        socket.on("hello", (reply: (text: string) => void) => {
          io.to(socket.id).emit("welcome", Buffer.from("bytes"));
          reply(socket.id);
        });
      });
    },
    async client(t) {
      const all = [["polling"], ["websocket"], ["polling", "websocket"]] as const;
      await Promise.all(
        ([4, 3, 2] as const).flatMap((version) =>
          all.map(async (transports) => {
            const name = `client ${version} ${transports.join(" to ")}`;
            const peer = await t.connect(name, { version, transports });
            await peer.ask("hello");
            await peer.next("welcome");
          }),
        ),
      );
    },
  },
];

/**
 * A scenario that differs on the server under test in some of its runs.
 *
 * @param differs is asked for each of them, from 1 on
 */
export function differing(differs: (run: number) => boolean): Scenario {
  let runs = 0;
  return {
    name: HANDSHAKE,
    async client(t) {
      await t.fetch("raw", "/socket.io/?EIO=4&transport=polling");
      if (t.implementation === FAULTY && differs(++runs)) {
        t.log("of the moment");
      }
    },
  };
}
