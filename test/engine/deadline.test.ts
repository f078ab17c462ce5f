import { afterEach, beforeEach, expect, jest, spyOn, test } from "bun:test";
import { Deadline, DeadlineClock, startDeadline } from "../../lib/deadline.ts";
import { makeRandom } from "../support/broadcast-program.ts";

const DELAYS_MS = [1, 5, 5, 5, 20, 20, 300];
const COUNT = 30;
const STEPS = 3_000;

let clock = new DeadlineClock();

class Named extends Deadline {
  protected override readonly clock = clock;

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
  clock = new DeadlineClock();
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
  startDeadline(clock, 10, () => {
    startDeadline(clock, 10, () => over.push("later"));
    over.push("first");
    third.cancel();
  });
  startDeadline(clock, 10, () => over.push("second"));
  const third = startDeadline(clock, 10, () => over.push("third"));
  pass(10);
  expect(over).toEqual(["first", "second"]);
  pass(10);
  expect(over).toEqual(["first", "second", "later"]);
});

test("one that takes so long that the next is overdue has no timer set to a time before now", () => {
  let time = 1_000;
  const now = spyOn(performance, "now").mockImplementation(() => time);
  const timers = spyOn(globalThis, "setTimeout");
  const over: string[] = [];
  startDeadline(clock, 5, () => {
    over.push("first");
    time += 100;
  });
  time += 2;
  startDeadline(clock, 5, () => over.push("second"));
  time += 3;
  jest.advanceTimersByTime(5);
  expect(over).toEqual(["first"]);
  jest.advanceTimersByTime(1);
  expect(over).toEqual(["first", "second"]);
  expect(timers.mock.calls.map(([, delayMs]) => delayMs)).toEqual([5, 0]);
  timers.mockRestore();
  now.mockRestore();
});

test("a clock that goes ahead does at once what is due by then, and leaves other clocks alone", () => {
  const over: string[] = [];
  startDeadline(clock, 10, () => over.push("first"));
  startDeadline(clock, 300, () => over.push("second"));
  startDeadline(new DeadlineClock(), 10, () => over.push("another clock's"));
  expect(clock.untilNextMs).toBe(10);
  clock.advance(9);
  expect(over).toEqual([]);
  clock.advance(1);
  expect(over).toEqual(["first"]);
  expect(clock.untilNextMs).toBe(290);
  pass(10);
  expect(over).toEqual(["first", "another clock's"]);
  clock.advance(100);
  pass(179);
  expect(over).toHaveLength(2);
  pass(1);
  expect(over).toEqual(["first", "another clock's", "second"]);
  expect(clock.untilNextMs).toBe(Number.POSITIVE_INFINITY);
  expect(jest.getTimerCount()).toBe(0);
});

test.each([1, 2, 3])("a clock that is moved does what it does by itself (seed %i)", (seed) => {
  /** What is over, and when, if time goes by in this way. */
  const run = (goOn: (milliseconds: number) => void): string[] => {
    clock = new DeadlineClock();
    const start = clock.now;
    const random = makeRandom(seed);
    const below = (limit: number): number => Math.floor(random() * limit);
    const over: string[] = [];
    const deadlines = Array.from(
      { length: COUNT },
      (_, name) => new Named(name, (each) => over.push(`${each} at ${clock.now - start}`)),
    );
    for (let step = 0; step < STEPS; step++) {
      const deadline = deadlines[below(COUNT)];
      if (random() < 0.3) {
        deadline?.cancel();
      } else {
        deadline?.start(DELAYS_MS[below(DELAYS_MS.length)] ?? 0);
      }
      goOn(below(4));
    }
    goOn(1_000);
    return over.toSorted();
  };
  const byItself = run(pass);
  const moved = run((milliseconds) => {
    for (let count = 0; count < milliseconds; count++) clock.advance(1);
  });
  expect(byItself.length).toBeGreaterThan(STEPS / 10);
  expect(moved).toEqual(byItself);
  expect(jest.getTimerCount()).toBe(0);
});
