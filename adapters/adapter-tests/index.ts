// The conformance suite for adapters, to be run by `bun test`.

import { afterAll, afterEach, beforeAll, describe, test } from "bun:test";
import { ackCases } from "./ack-cases.ts";
import { broadcastCases } from "./broadcast-cases.ts";
import type { Case, Group } from "./cases.ts";
import { fetchCases, remoteCases } from "./fetch-cases.ts";
import { Fleet } from "./fleet.ts";
import { misuseCases } from "./misuse-cases.ts";
import { moveCases } from "./move-cases.ts";
import { namespaceCases } from "./namespace-cases.ts";
import { nodeCases } from "./node-cases.ts";
import { type AdapterTestOptions, reasonAgainst } from "./options.ts";
import { payloadCases } from "./payload-cases.ts";
import { presenceCases } from "./presence-cases.ts";
import { recoveryCases } from "./recovery-cases.ts";
import { roomCases } from "./room-cases.ts";
import { serverCases } from "./server-cases.ts";

export type {
  AdapterFeatures,
  AdapterTestOptions,
  LocalNode,
  NodeMethod,
  NodeRequest,
  Support,
  TestNode,
} from "./options.ts";
export { NodeProgram, type Selection, type SocketDetails } from "./program.ts";

const GROUPS: readonly Group[] = [
  roomCases,
  broadcastCases,
  payloadCases,
  ackCases,
  fetchCases,
  remoteCases,
  moveCases,
  serverCases,
  namespaceCases,
  nodeCases,
  presenceCases,
  recoveryCases,
  misuseCases,
];

const TEST_MS = 60_000;

/**
 * Defines the tests of an adapter, with `describe` and `test` of `bun:test`: what every adapter of
 * Socket.IO has to do, on real servers with real clients. Where an adapter says that it does not
 * support something, the tests that need it are skipped, with the reason in their names; those that
 * need more nodes than there are, are left out.
 *
 * @example
 * testAdapter({
 *   name: "my adapter",
 *   createNode: () => ({ adapter: createAdapter(bus) }),
 *   supports: { recovery: "it keeps nothing" },
 * });
 */
export function testAdapter(options: AdapterTestOptions): void {
  describe(options.name, () => {
    if (options.start !== undefined) {
      beforeAll(options.start, TEST_MS);
    }
    describe("nodes that all tests share", () => {
      let fleet: Fleet | undefined;
      beforeAll(async () => {
        fleet = await Fleet.start(options);
      }, TEST_MS);
      afterEach(() => fleet?.reset(), TEST_MS);
      afterAll(() => fleet?.stop(), TEST_MS);
      define(
        options,
        ({ ownFleet }) => ownFleet === undefined,
        async ({ run }) => {
          if (fleet === undefined) {
            throw new Error("the nodes did not start");
          }
          await run(fleet);
        },
      );
    });
    describe("nodes of its own", () => {
      define(
        options,
        ({ ownFleet }) => ownFleet !== undefined,
        async ({ run, ownFleet }) => {
          const fleet = await Fleet.start(options, ownFleet);
          try {
            await run(fleet);
          } finally {
            await fleet.stop();
          }
        },
      );
    });
    if (options.stop !== undefined) {
      afterAll(options.stop, TEST_MS);
    }
  });
}

/** Defines those cases that are wanted. */
function define(
  options: AdapterTestOptions,
  isWanted: (each: Case) => boolean,
  run: (each: Case) => Promise<void>,
): void {
  const size = Fleet.sizeFor(options);
  for (const { title, cases } of GROUPS) {
    for (const each of cases) {
      if (!isWanted(each) || size < (each.nodes ?? 1)) {
        continue;
      }
      const name = `${title} ${each.name}`;
      const reason = reasonToSkip(options, each);
      if (reason === undefined) {
        test(name, () => run(each), TEST_MS);
      } else {
        test.skip(`${name} (${reason})`, () => {});
      }
    }
  }
}

function reasonToSkip(options: AdapterTestOptions, each: Case): string | undefined {
  for (const feature of each.needs ?? []) {
    const reason = reasonAgainst(options, feature);
    if (reason !== undefined) {
      return reason;
    }
  }
  return undefined;
}
