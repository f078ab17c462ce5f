// The rules of compat/rules, against this package on its hosts and against the reference.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { casesOf, RULES, runCase } from "../../compat/rules/index.ts";
import { setUp } from "../../compat/rules/program.ts";
import { HOSTS, type Host, type Running } from "../support/hosts.ts";
import { REFERENCE } from "../support/reference.ts";

/** What does not hold, by host, with the reason. */
const KNOWN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "listen()": {
    "a request behind a poll that waits is answered when its turn comes":
      "Bun closes a connection on which a request comes behind one that has no answer yet",
  },
};

function runOver(host: Host): void {
  const groups = Map.groupBy(RULES, ({ options = {} }) => JSON.stringify(options));
  for (const [options, rules] of groups) {
    describe(`with the options ${options}`, () => {
      let running: Running | undefined;
      beforeAll(() => {
        running = host.start(JSON.parse(options));
        setUp(running.io);
      });
      afterAll(() => running?.close());
      // In this process, the reference is the one on Bun.
      const applies = rules.filter(
        ({ not }) => host !== REFERENCE || not?.["socket.io on Bun"] === undefined,
      );
      for (const each of casesOf(applies)) {
        const run = (): Promise<void> => runCase(each, running?.port ?? 0);
        if (KNOWN[host.name]?.[each.name] === undefined) {
          test(each.name, run);
        } else {
          test(`not yet: ${each.name}`, () => expect(run()).rejects.toThrow());
        }
      }
    });
  }
}

for (const host of [...HOSTS.filter(({ name }) => /listen|node:http/.test(name)), REFERENCE]) {
  describe(host.name, () => runOver(host));
}

test("each rule has a name of its own and a source", () => {
  expect(new Set(casesOf(RULES).map(({ name }) => name)).size).toBe(casesOf(RULES).length);
  expect(RULES.filter(({ source }) => source === "")).toEqual([]);
});
