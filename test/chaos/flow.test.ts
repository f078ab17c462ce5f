import { describe, expect, test } from "bun:test";
import { Flow } from "../../chaos/flow.ts";

describe("the count of what arrives", () => {
  test("finds what is lost, in the middle and at the end", () => {
    const flow = new Flow();
    for (const number of [1, 2, 5, 6]) flow.arrived(number, 0, 0);
    expect(flow.lost(8)).toBe(4);
    expect(flow.unique).toBe(4);
  });

  test("counts what arrived although its sender could not tell any more that it was sent", () => {
    const flow = new Flow();
    for (const number of [1, 3]) flow.arrived(number, 0, 0);
    expect(flow.lost(0)).toBe(1);
  });

  test("finds what comes twice, and what comes too late for its order", () => {
    const flow = new Flow();
    for (const number of [1, 3, 3, 2, 2, 4]) flow.arrived(number, 0, 0);
    expect(flow).toMatchObject({ duplicates: 2, disorder: 1, highest: 4 });
    expect(flow.lost(4)).toBe(0);
  });

  test("knows the longest way", () => {
    const flow = new Flow();
    flow.arrived(1, 1000, 1004);
    flow.arrived(2, 1020, 4020);
    flow.arrived(3, 4000, 4021);
    expect(flow.maxDelay).toBe(3000);
  });

  test("knows the longest silence since it watches for one", () => {
    const flow = new Flow();
    flow.arrived(1, 0, 1000);
    flow.arrived(2, 0, 9000);
    flow.watch(9500);
    flow.arrived(3, 0, 9600);
    flow.arrived(4, 0, 10_600);
    flow.arrived(5, 0, 10_700);
    expect(flow.silence).toEqual({ ms: 1000, until: 10_600 });
  });

  test("takes it for silence, too, that nothing came at all until then", () => {
    const flow = new Flow();
    flow.watch(5000);
    flow.arrived(1, 5000, 8000);
    expect(flow.silence).toEqual({ ms: 3000, until: 8000 });
  });

  test("waits for what was sent after a time, whatever comes of before", async () => {
    const flow = new Flow();
    let isHeard = false;
    const heard = flow.next(100).then(() => {
      isHeard = true;
    });
    flow.arrived(1, 100, 300);
    await Promise.resolve();
    expect(isHeard).toBe(false);
    flow.arrived(2, 101, 300);
    await heard;
    expect(isHeard).toBe(true);
  });
});
