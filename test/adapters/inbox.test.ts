import { afterEach, describe, expect, test } from "bun:test";
import type { ReplayAnswer, ReplayRequest } from "../../adapters/cluster/messages.ts";
import { ChannelNumbers } from "../../adapters/redis/replay-numbers.ts";
import { type Loss, Replay, type ReplayOptions } from "../../adapters/redis/replay.ts";

const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) {
    cleanup();
  }
});

test("of a mass of channels, the numbers of those that had one last are remembered", () => {
  const numbers = new ChannelNumbers(1_000);
  for (let number = 1; number <= 100_000; number++) {
    numbers.set(`room${number}`, number);
    numbers.set("busy", number);
  }
  expect(numbers.size).toBeLessThanOrEqual(2_002);
  expect(numbers.get("busy")).toBe(100_000);
  for (let number = 99_100; number <= 100_000; number++) {
    expect(numbers.get(`room${number}`)).toBe(number);
  }
  expect(numbers.get("room1")).toBeUndefined();
});

test("where messages are kept for no time, what is known is not looked through all the time", () => {
  const { setInterval } = globalThis;
  const delays: (number | undefined)[] = [];
  globalThis.setInterval = Object.assign((...args: Parameters<typeof setInterval>) => {
    delays.push(args[1]);
    return setInterval(...args);
  }, setInterval);
  try {
    open({ maxDuration: 0 });
  } finally {
    globalThis.setInterval = setInterval;
  }
  expect(delays).not.toBeEmpty();
  expect(Math.min(...delays.map(Number))).toBeGreaterThanOrEqual(100);
});

/** A replay that knows a node, `you`, and what it did; the messages are numbers. */
function open(options: ReplayOptions = {}) {
  const delivered: string[] = [];
  const asked: ReplayRequest[] = [];
  const answered: { uid: string; answer: ReplayAnswer }[] = [];
  const losses: Loss[] = [];
  const forged: string[] = [];
  const waits = new Set<() => void>();
  const changed = () => {
    for (const wait of waits) {
      wait();
    }
  };
  const replay = new Replay<string>("me", options, {
    deliver: (message) => void delivered.push(message),
    decode: (_channel, payload) => payload.toString(),
    ask: (request) => {
      asked.push(request);
      changed();
    },
    answer: (uid, answer) => void answered.push({ uid, answer }),
    onLoss: (loss) => {
      losses.push(loss);
      changed();
    },
    onForged: (uid) => void forged.push(uid),
    isCongested: () => false,
    sendDelayMs: () => 0,
  });
  cleanups.push(() => replay.close());
  replay.start();
  const requestId = asked.pop()?.requestId ?? "";
  const nothing = { after: 0, last: 0, messages: [], isMore: false, isIncomplete: false };
  replay.onAnswer("you", { requestId, ...nothing });
  return {
    replay,
    delivered,
    asked,
    answered,
    losses,
    forged,
    /** Takes messages of a node, on one channel, each with its number and the one before. */
    accept(uid: string, ...links: [number: number, previous: number][]) {
      for (const link of links) {
        replay.accept(uid, link, "x", `${link[0]}`, 10);
      }
    },
    answer(uid: string, answer: Partial<ReplayAnswer>) {
      const requestId = asked.at(-1)?.requestId ?? "";
      return replay.onAnswer(uid, { requestId, ...nothing, ...answer });
    },
    async until(holds: () => boolean): Promise<void> {
      while (!holds()) {
        await new Promise<void>((resolve) => {
          waits.add(resolve);
        });
      }
    },
  };
}

function messages(...numbers: number[]): ReplayAnswer["messages"] {
  return numbers.map((number) => [number, "x", `${number}`]);
}

describe("a replay", () => {
  test("does not ask a node that has said that it ends, unless it was asked before", () => {
    const after = [true, false].map((isGoneBefore) => {
      const { replay, asked, accept } = open();
      accept("you", [1, 0], [2, 1]);
      if (isGoneBefore) replay.onGone("you");
      replay.onInterrupted();
      replay.onGone("you");
      replay.onResubscribed();
      return asked.at(-1)?.after;
    });
    expect(after).toEqual([[], [["you", 2]]]);
  });

  test.each([-3_600_000, 0, 3_600_000])(
    "knows what a node has missed since its start, though its clock is %d ms ahead",
    (skew) => {
      const { replay, answered } = open();
      for (const number of [1, 2]) {
        replay.sent(replay.next("x"), "x", `${number}`);
      }
      const request = { requestId: "1", last: 0, after: [], isToAll: true };
      const since = Date.now() + skew - 1_000;
      expect(replay.onRequest("new", { ...request, since, age: 1_000 })).toBeTrue();
      expect(answered.at(-1)?.answer.messages.map(([number]) => number)).toEqual([1, 2]);
    },
  );

  test("sends a node nothing of long before its start, though its clock is behind", () => {
    const { replay, answered } = open();
    replay.sent(replay.next("x"), "x", "1");
    const request = { requestId: "1", last: 0, after: [], isToAll: true };
    const { now } = performance;
    const isLater = () => now.call(performance) + 60_000; // a minute after that was sent
    const realDate = Date.now;
    Object.assign(performance, { now: isLater });
    Date.now = () => realDate() + 60_000;
    try {
      replay.onRequest("new", { ...request, since: 0, age: 10 });
    } finally {
      Object.assign(performance, { now });
      Date.now = realDate;
    }
    expect(answered.at(-1)?.answer.messages).toEqual([]);
  });

  test("delivers at once what is in order, and what comes again not at all", () => {
    const { replay, delivered, accept } = open();
    accept("you", [5, 3], [6, 5], [6, 5], [5, 3], [8, 6]);
    expect(delivered).toEqual(["5", "6", "8"]);
    expect(replay.stats).toMatchObject({ duplicates: 2, gaps: 0, asked: 1 });
  });

  test("asks for what is missing on a channel, and holds back what follows", async () => {
    const { replay, delivered, asked, accept, answer, until } = open();
    accept("you", [1, 0], [4, 3], [5, 4]);
    expect(delivered).toEqual(["1"]);
    await until(() => asked.length > 0);
    expect(asked).toMatchObject([{ after: [["you", 1]], channels: ["x"] }]);
    answer("you", { after: 1, last: 5, messages: messages(2, 3, 4, 5) });
    expect(delivered).toEqual(["1", "2", "3", "4", "5"]);
    accept("you", [6, 5]);
    expect(delivered).toEqual(["1", "2", "3", "4", "5", "6"]);
    expect(replay.stats).toMatchObject({ gaps: 1, replayed: 2, held: 0, heldBytes: 0 });
  });

  test("waits no longer when what was missing comes by itself", () => {
    const { replay, delivered, accept } = open();
    accept("you", [1, 0], [3, 2], [2, 1]);
    expect(delivered).toEqual(["1", "2", "3"]);
    expect(replay.stats).toMatchObject({ unanswered: 0, held: 0 });
  });

  test("takes an answer that comes twice once, and one to an old question not at all", () => {
    const { replay, delivered, asked, accept, answer } = open();
    accept("you", [1, 0]);
    replay.onInterrupted();
    replay.onResubscribed();
    const old = asked.at(-1)?.requestId ?? "";
    replay.onInterrupted();
    replay.onResubscribed();
    answer("you", { requestId: old, after: 1, last: 2, messages: messages(2) });
    expect(delivered).toEqual(["1"]);
    answer("you", { after: 1, last: 3, messages: messages(2, 3) });
    answer("you", { after: 1, last: 3, messages: messages(2, 3) });
    expect(delivered).toEqual(["1", "2", "3"]);
  });

  test("asks for the next part of a long answer, and keeps the order with what is held back", () => {
    const { replay, delivered, asked, accept, answer } = open();
    accept("you", [1, 0]);
    replay.onInterrupted();
    replay.onResubscribed();
    accept("you", [5, 4]);
    answer("you", { after: 1, last: 5, messages: messages(2, 3), isMore: true });
    expect(delivered).toEqual(["1", "2", "3"]);
    expect(asked.at(-1)).toMatchObject({ after: [["you", 3]], isContinued: true });
    answer("you", { after: 3, last: 5, messages: messages(4, 5) });
    expect(delivered).toEqual(["1", "2", "3", "4", "5"]);
  });

  test("tells what is lost when a sender has no longer all", () => {
    const { replay, delivered, losses, accept, answer } = open();
    accept("you", [1, 0]);
    replay.onInterrupted();
    replay.onResubscribed();
    accept("you", [5, 4]);
    answer("you", { after: 1, last: 5, messages: messages(5), isIncomplete: true });
    expect(delivered).toEqual(["1", "5"]);
    expect(losses).toEqual([{ uid: "you", reason: "incomplete", isCertain: true }]);
  });

  test("tells what is lost when a sender never got it to Redis", async () => {
    const { asked, delivered, losses, accept, answer, until } = open();
    accept("you", [1, 0], [3, 2]);
    await until(() => asked.length > 0);
    answer("you", { after: 1, last: 3, messages: messages(3) });
    expect(delivered).toEqual(["1", "3"]);
    expect(losses).toEqual([{ uid: "you", reason: "unsent", isCertain: true }]);
  });

  test("asks again, then delivers what it holds back, and still what is answered late", async () => {
    const { replay, delivered, asked, losses, accept, answer, until } = open();
    accept("you", [1, 0], [4, 3]);
    await until(() => losses.length > 0);
    expect(losses).toEqual([{ uid: "you", reason: "unanswered", isCertain: true }]);
    expect(asked.length).toBeGreaterThan(1);
    expect(delivered).toEqual(["1", "4"]);
    accept("you", [5, 4]);
    expect(delivered).toEqual(["1", "4", "5"]);
    answer("you", { after: 1, last: 5, messages: messages(2, 3, 4, 5) });
    expect(delivered).toEqual(["1", "4", "5", "2", "3"]);
    expect(replay.stats).toMatchObject({ late: 2, unanswered: 0 });
  }, 10_000);

  test("holds back no more than it may", () => {
    const { replay, delivered, losses, accept } = open({ maxBytes: 25 });
    accept("you", [1, 0], [3, 2], [4, 3]);
    expect(replay.stats).toMatchObject({ held: 2, heldBytes: 20 });
    accept("you", [5, 4]);
    expect(delivered).toEqual(["1", "3", "4", "5"]);
    expect(losses).toEqual([{ uid: "you", reason: "overflow", isCertain: true }]);
    expect(replay.stats).toMatchObject({ held: 0, heldBytes: 0 });
  });

  test("does not take what was sent to a room before it was entered again for missing", () => {
    const { replay, delivered, accept } = open();
    accept("you", [1, 0]);
    replay.forget("x");
    accept("you", [9, 8]);
    expect(delivered).toEqual(["1", "9"]);
    expect(replay.stats.gaps).toBe(0);
  });

  test("gives each node that asks what it has sent since, in parts", () => {
    const { replay, answered } = open();
    const payload = "y".repeat(40_000);
    for (let count = 0; count < 4; count++) {
      replay.sent(replay.next("x"), "x", payload);
    }
    const request = { requestId: "7", last: 0, since: Date.now() };
    for (const uid of ["one", "two"]) {
      expect(replay.onRequest(uid, { ...request, after: [["me", 1]] })).toBe(true);
    }
    expect(answered.map(({ uid }) => uid)).toEqual(["one", "two"]);
    for (const { answer } of answered) {
      expect(answer).toMatchObject({ requestId: "7", after: 1, last: 4, isMore: true });
      expect(answer.messages.map(([number]) => number)).toEqual([2]);
    }
    replay.onRequest("one", { ...request, after: [["me", 3]] });
    expect(answered.at(-1)?.answer.messages).toEqual([[4, "x", payload]]);
    expect(answered.at(-1)?.answer.isMore).toBe(false);
    replay.onRequest("one", { ...request, after: [["someone", 3]] });
    expect(answered.length).toBe(3);
  });

  test("says when it has no longer all that is asked for", () => {
    const { replay, answered } = open({ maxBytes: 1_000 });
    for (let count = 0; count < 10; count++) {
      replay.sent(replay.next("x"), "x", "y".repeat(100));
    }
    expect(replay.stats.keptBytes).toBeLessThanOrEqual(1_000);
    const request = { requestId: "1", last: 0, since: Date.now() };
    replay.onRequest("you", { ...request, after: [["me", 2]] });
    expect(answered.at(-1)?.answer.isIncomplete).toBe(true);
    replay.onRequest("you", { ...request, after: [["me", 7]] });
    expect(answered.at(-1)?.answer).toMatchObject({ isIncomplete: false, last: 10 });
  });

  test.each([
    [0, 900_000],
    [0, 2 ** 53 - 1],
    [10_000, 900_000],
    [10_000, 2 ** 53 - 1],
  ])(
    "believes who sends, and not what has its name (slack of %p ms, number %p)",
    async (slackMs, number) => {
      const it = open({ slackMs });
      it.accept("you", [1, 0]);
      it.accept("you", [number, 0]); // forged
      if (number > 1_000_000) {
        // Too far ahead: it is asked about before it counts.
        await it.until(() => it.asked.length === 1);
        it.answer("you", { after: 1, last: 1 });
      }
      it.asked.splice(0);
      it.accept("you", [2, 1], [3, 2]);
      const isToDoubt = slackMs > 0 || number < 1_000_000;
      if (isToDoubt) {
        await it.until(() => it.asked.length === 1);
        expect(it.asked[0]).toMatchObject({ after: [["you", number]], channels: [] });
        it.answer("you", { after: number, last: 3 });
        expect(it.asked[1]).toMatchObject({ after: [["you", 1]] });
        it.accept("you", [4, 3]);
        it.answer("you", { after: 1, last: 4, messages: messages(2, 3, 4) });
        it.accept("you", [5, 4]);
      } else {
        it.accept("you", [4, 3], [5, 4]);
      }
      const believed = isToDoubt ? [`${number}`] : [];
      expect(it.delivered).toEqual(["1", ...believed, "2", "3", "4", "5"]);
      expect(it.forged).toEqual(["you"]);
      expect(it.losses).toEqual([]);
      expect(it.replay.stats).toMatchObject({ unanswered: 0, held: 0 });
    },
  );

  test("asks a node of which messages come again for its last number, now and then", async () => {
    const it = open();
    it.accept("you", [1, 0], [2, 1], [1, 0], [2, 1]);
    await it.until(() => it.asked.length === 1);
    it.accept("you", [3, 2]); // nothing waits for that
    expect(it.delivered).toEqual(["1", "2", "3"]);
    it.answer("you", { after: 2, last: 3 });
    it.accept("you", [3, 2], [4, 3]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(it.asked).toHaveLength(1);
    expect(it.delivered).toEqual(["1", "2", "3", "4"]);
    await it.until(() => it.asked.length === 2);
    // What is missed meanwhile is asked for, and comes in its place.
    it.accept("you", [6, 5]);
    expect(it.delivered).toHaveLength(4);
    it.answer("you", { after: 3, last: 6 });
    expect(it.asked[2]).toMatchObject({ after: [["you", 4]], channels: ["x"] });
    it.answer("you", { after: 4, last: 6, messages: messages(5, 6) });
    expect(it.delivered).toEqual(["1", "2", "3", "4", "5", "6"]);
    expect(it.forged).toEqual([]);
    expect(it.losses).toEqual([]);
  });

  test("does not wait for the last number of a node that has ended", async () => {
    const it = open();
    it.accept("you", [1, 0], [1, 0]);
    await it.until(() => it.asked.length === 1);
    it.replay.onGone("you");
    expect(it.replay.stats).toMatchObject({ unanswered: 0 });
  });

  test("forgets in time what it has sent", async () => {
    const { replay } = open({ maxDuration: 20 });
    replay.sent(replay.next("x"), "x", "y");
    while (replay.stats.kept > 0) {
      await Bun.sleep(10); // it has a timer for it
    }
    expect(replay.stats.keptBytes).toBe(0);
    expect(replay.next("x")).toEqual([2, 1]);
  });

  test.each([
    undefined,
    null,
    1,
    {},
    { requestId: "1", last: 1, since: 0 },
    { requestId: "1", last: 1, since: 0, after: [1] },
    { requestId: "1", last: 1, since: 0, after: [["me"]] },
    { requestId: "1", last: -1, since: 0, after: [] },
    { requestId: "1", last: 1, since: 0, after: [], channels: [1] },
    { requestId: "1", after: 0, last: 0, messages: [[1, "x"]] },
    { requestId: "1", after: 0, last: 0, messages: {} },
  ])("does nothing with a question or answer that makes no sense: %j", (data) => {
    const { replay, answered } = open();
    expect(replay.onRequest("you", data)).toBe(false);
    expect(replay.onAnswer("you", data)).toBe(false);
    expect(answered).toEqual([]);
  });
});
