// What a rule of dynamic namespaces is to blame for, and what not.

import { expect, spyOn, test } from "bun:test";
import { NamespaceRegistry, type ParentNspNameMatchFn } from "../../lib/namespace-registry.ts";

const rules: [string, RegExp | ParentNspNameMatchFn][] = [
  ["a regular expression", /^\/dynamic/],
  ["a function that calls back", (_name, _auth, next) => next(null, true)],
  ["a function that returns", () => true],
];

test.each(rules)("with %s, an adapter that cannot be made throws at the caller", (_, match) => {
  const told = spyOn(process, "emitWarning").mockImplementation(() => {});
  const registry = new NamespaceRegistry<object>(() => {});
  registry.addRule(match, {
    children: new Set(),
    createChild() {
      throw new Error("no adapter");
    },
  });
  const found: unknown[] = [];
  expect(() => registry.find("/dynamic", {}, (child) => found.push(child))).toThrow("no adapter");
  expect(found).toEqual([]);
  expect(told).not.toHaveBeenCalled();
  told.mockRestore();
});
