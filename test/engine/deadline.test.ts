import { afterEach, beforeEach, expect, jest, spyOn, test } from "bun:test";
import { Deadline, startDeadline } from "../../lib/deadline.ts";
import { makeRandom } from "../support/broadcast-program.ts";

const DELAYS_MS = [1, 5, 5, 5, 20, 20, 300];
const COUNT = 30;
const STEPS = 3_000;

class Named extends Deadline {
  constructor(
    readonly name: number,
    readonly onOver: (name: number) => void,
  ) {
    super();
  }

  start(delayMs: number): void {
    this.wait(delayMs);
  }

  protected override onDue(): void {
    this.onOver(this.name);
  }
}

function pass(milliseconds: number): void {
  for (let count = 0; count < milliseconds; count++) {
    jest.advanceTimersByTime(1); // one by one: a longer step would hide what is late by less
  }
}

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

test.each([1, 2, 3])("they are due when timers of their own would be (seed %i)", (seed) => {
  const random = makeRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const over: string[] = [];
  const expected: string[] = [];
  const timers = new Map<number, ReturnType<typeof setTimeout>>();
  const deadlines = Array.from(
    { length: COUNT },
    (_, name) => new Named(name, (each) => over.push(`${each} at ${performance.now()}`)),
  );
  for (let step = 0; step < STEPS; step++) {
    const name = below(COUNT);
    if (random() < 0.3) {
      deadlines[name]?.cancel();
      clearTimeout(timers.get(name));
    } else {
      const delayMs = DELAYS_MS[below(DELAYS_MS.length)] ?? 0;
      deadlines[name]?.start(delayMs);
      clearTimeout(timers.get(name));
      timers.set(
        name,
        setTimeout(() => expected.push(`${name} at ${performance.now()}`), delayMs),
      );
    }
    pass(below(4));
  }
  pass(1_000);
  expect(over.length).toBeGreaterThan(STEPS / 10);
  expect(over.toSorted()).toEqual(expected.toSorted());
  expect(jest.getTimerCount()).toBe(0);
});

test("those that wait for the same time share a timer, and are called in the order they began", () => {
  const over: number[] = [];
  const deadlines = [0, 1, 2].map((name) => new Named(name, (each) => over.push(each)));
  for (const deadline of deadlines) {
    deadline.start(10);
  }
  expect(jest.getTimerCount()).toBe(1);
  deadlines[0]?.start(10);
  pass(10);
  expect(over).toEqual([1, 2, 0]);
  expect(jest.getTimerCount()).toBe(0);
});

test("one that ends another, or begins anew, does not disturb the rest", () => {
  const over: string[] = [];
  startDeadline(10, () => {
    startDeadline(10, () => over.push("later"));
    over.push("first");
    third.cancel();
  });
  startDeadline(10, () => over.push("second"));
  const third = startDeadline(10, () => over.push("third"));
  pass(10);
  expect(over).toEqual(["first", "second"]);
  pass(10);
  expect(over).toEqual(["first", "second", "later"]);
});

test("one that takes so long that the next is overdue has no timer set to a time before now", () => {
  let time = 1_000;
  const clock = spyOn(performance, "now").mockImplementation(() => time);
  const timers = spyOn(globalThis, "setTimeout");
  const over: string[] = [];
  startDeadline(5, () => {
    over.push("first");
    time += 100;
  });
  time += 2;
  startDeadline(5, () => over.push("second"));
  time += 3;
  jest.advanceTimersByTime(5);
  expect(over).toEqual(["first"]);
  jest.advanceTimersByTime(1);
  expect(over).toEqual(["first", "second"]);
  expect(timers.mock.calls.map(([, delayMs]) => delayMs)).toEqual([5, 0]);
  timers.mockRestore();
  clock.mockRestore();
});
