import { expect, test } from "bun:test";
import { NamespaceMap } from "../../lib/namespace-map.ts";
import { makeRandom } from "../support/broadcast-program.ts";

test("a map of namespaces has what a map would have", () => {
  const random = makeRandom(1);
  const names = ["/", "/a", "/b", "/c"];
  const ours = new NamespaceMap<number>();
  const map = new Map<string, number>();
  let most = 0;
  for (let step = 0; step < 2_000; step++) {
    const name = names[Math.floor(random() * names.length)] ?? "/";
    if (random() < 0.5) {
      ours.set(name, step);
      map.set(name, step);
    } else {
      ours.delete(name);
      map.delete(name);
    }
    expect(names.map((each) => ours.get(each))).toEqual(names.map((each) => map.get(each)));
    expect(ours.keys().sort()).toEqual([...map.keys()].sort());
    expect(ours.values().sort()).toEqual([...map.values()].sort());
    expect(ours.isEmpty).toBe(map.size === 0);
    most = Math.max(most, map.size);
  }
  expect(most).toBe(names.length);
});
