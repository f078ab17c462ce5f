// What a rule of dynamic namespaces is to blame for, and what not.

import { expect, spyOn, test } from "bun:test";
import { NamespaceRegistry, type ParentNspNameMatchFn } from "../../lib/namespace-registry.ts";

const rules: [string, RegExp | ParentNspNameMatchFn][] = [
  ["a regular expression", /^\/dynamic/],
  ["a function that calls back", (_name, _auth, next) => next(null, true)],
  ["a function that returns", () => true],
];

test.each(rules)("with %s, an adapter that cannot be made refuses the client", (_, match) => {
  using told = spyOn(process, "emitWarning").mockImplementation(() => {});
  const registry = new NamespaceRegistry<object>(() => {});
  registry.addRule(match, {
    children: new Set(),
    removesEmptyChildren: false,
    createChild() {
      throw new Error("no adapter");
    },
  });
  const found: unknown[] = [];
  registry.find("/dynamic", {}, (child) => found.push(child));
  expect(found).toEqual([null]);
  expect([...registry.byName]).toEqual([]);
  const [[message, options]] = told.mock.calls as unknown as [[string, { detail: string }]];
  expect(message).toContain("/dynamic could not be made");
  expect(options.detail).toContain("Error: no adapter");
});
