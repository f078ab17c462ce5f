import { expect, test } from "bun:test";
import {
  allOf,
  type ByNamespace,
  valueFor,
  withoutValue,
  withValue,
} from "../../lib/namespace-map.ts";
import { makeRandom } from "../support/broadcast-program.ts";

interface Value {
  readonly nsp: { readonly name: string };
  readonly step: number;
}

test("values by namespace are what a map would have, in its order", () => {
  const random = makeRandom(1);
  const names = ["/", "/a", "/b", "/c"];
  let ours: ByNamespace<Value> = null;
  const map = new Map<string, Value>();
  let most = 0;
  for (let step = 0; step < 2_000; step++) {
    const name = names[Math.floor(random() * names.length)] ?? "/";
    if (random() < 0.5) {
      const value = { nsp: { name }, step };
      ours = withValue(ours, value);
      map.set(name, value);
    } else {
      const value = map.get(name) ?? { nsp: { name }, step };
      ours = withoutValue(ours, value);
      map.delete(name);
    }
    expect(names.map((each) => valueFor(ours, each))).toEqual(names.map((each) => map.get(each)));
    expect(allOf(ours)).toEqual([...map.values()]);
    expect(ours === null).toBe(map.size === 0);
    most = Math.max(most, map.size);
  }
  expect(most).toBe(names.length);
});

test("one that was replaced takes nothing away", () => {
  const [old, current, other] = ["/a", "/a", "/b"].map((name, step) => ({ nsp: { name }, step }));
  let values = withValue(withValue<Value>(null, old as Value), current as Value);
  values = withoutValue(values, old as Value);
  expect(allOf(values)).toEqual([current as Value]);
  expect(allOf(withoutValue(withValue<Value>(null, current as Value), other as Value))).toEqual([
    current as Value,
  ]);
});
