import { expect, test } from "bun:test";
import { inspect } from "node:util";
import { SmallSets } from "../../adapters/small-sets.ts";
import { makeRandom } from "../support/broadcast-program.ts";

const STEPS = 20_000;
const NAMES = ["a", "b", "c", "d", ""];
const MEMBERS = ["one", "two", "", 1 as unknown as string];

test("a copy of them is a plain map of sets, for what reads maps from within", () => {
  const sets = new SmallSets();
  sets.addTo("one", "a");
  sets.addTo("two", "a");
  sets.addTo("two", "b");
  sets.open("none");
  const plain = new Map([
    ["one", new Set(["a"])],
    ["two", new Set(["a", "b"])],
    ["none", new Set<string>()],
  ]);
  expect(structuredClone(new Map(sets))).toEqual(plain);
});

test.each([1, 2, 3])(
  "they are a map of sets, whatever is done in whichever order (seed %i)",
  (seed) => {
    const random = makeRandom(seed);
    const one = <Value>(values: readonly Value[]): Value =>
      values[Math.floor(random() * values.length)] as Value;
    const ours = new SmallSets();
    const plain = new Map<string, Set<string>>();
    const listsOf = (map: ReadonlyMap<string, ReadonlySet<string>>): unknown =>
      [...map].map(([name, set]) => [name, [...set]]);
    const actions: ((name: string, member: string) => [unknown, unknown])[] = [
      (name, member) => {
        const set = plain.get(name) ?? new Set();
        const isNew = !set.has(member);
        plain.set(name, set.add(member));
        return [ours.addTo(name, member), isNew];
      },
      (name, member) => [ours.deleteFrom(name, member), plain.get(name)?.delete(member) ?? false],
      (name) => {
        ours.open(name);
        if (!plain.has(name)) plain.set(name, new Set());
        return [ours.size, plain.size];
      },
      (name) => [ours.delete(name), plain.delete(name)],
      (name) => [ours.isEmpty(name), plain.get(name)?.size === 0],
      (name) => [[...(ours.peek(name) ?? ["none"])], [...(plain.get(name) ?? ["none"])]],
      (name) => [ours.has(name), plain.has(name)],
      () => [[...ours.keys()], [...plain.keys()]],
    ];
    const rare: ((name: string, member: string) => [unknown, unknown])[] = [
      (name, member) => {
        ours.get(name)?.add(member); // as a program may
        plain.get(name)?.add(member);
        return [ours.get(name), plain.get(name)];
      },
      (name) => {
        const set = ours.get(name); // the same each time
        return [ours.get(name) === set, true];
      },
      () => [listsOf(ours), listsOf(plain)],
      () => [listsOf(new Map(ours)), listsOf(plain)],
      () => [listsOf(new Map(ours.entries())), listsOf(plain)],
      () => [[...ours.values()].map((set) => [...set]), [...plain.values()].map((set) => [...set])],
      () => {
        const seen: unknown[] = [];
        ours.forEach((set, name, map) => {
          seen.push([name, [...set], map === ours]);
        });
        return [seen, [...plain].map(([name, set]) => [name, [...set], true])];
      },
      () => [inspect(ours), inspect(plain)],
      () => {
        ours.clear();
        plain.clear();
        return [ours.size, 0];
      },
    ];
    for (let step = 0; step < STEPS; step++) {
      const action = random() < 0.02 ? one(rare) : one(actions);
      const [actual, expected] = action(one(NAMES), one(MEMBERS));
      expect(actual).toEqual(expected);
    }
  },
);
