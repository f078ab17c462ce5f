import { afterEach, beforeEach, expect, jest, test } from "bun:test";
import { DeadlineClock } from "../../lib/deadline.ts";
import { PingWatch } from "../../lib/engine/ping-watch.ts";

/** What a watch did, by the clock. */
let events: string[] = [];
let watch: PingWatch;

function pass(milliseconds: number): void {
  jest.advanceTimersByTime(milliseconds);
}

beforeEach(() => {
  jest.useFakeTimers();
  events = [];
  const port = {
    clock: new DeadlineClock(),
    sendPong: (data?: string | Buffer) => void events.push(`pong ${data ?? "alone"}`),
    onPingTimeout: () => void events.push("timeout"),
  };
  watch = new PingWatch(port, { pingInterval: 1000, pingTimeout: 300 });
  watch.start();
});

afterEach(() => {
  watch.stop();
  jest.useRealTimers();
});

test("without a ping it is over after pingInterval and pingTimeout", () => {
  pass(1299);
  expect(events).toEqual([]);
  pass(1);
  expect(events).toEqual(["timeout"]);
  pass(10_000);
  expect(events).toEqual(["timeout"]);
});

test("each ping gets its pong, and the time begins anew", () => {
  for (let count = 0; count < 3; count++) {
    pass(1299);
    expect(watch.onBeat("ping")).toBeTrue();
  }
  expect(events).toEqual(["pong alone", "pong alone", "pong alone"]);
  pass(1300);
  expect(events.at(-1)).toBe("timeout");
});

test("a pong has what its ping carried", () => {
  watch.onBeat("ping", "hello");
  watch.onBeat("ping", Buffer.from("bytes"));
  expect(events).toEqual(["pong hello", "pong bytes"]);
});

test("a pong is not the client's to send, and buys no time", () => {
  pass(1299);
  expect(watch.onBeat("pong")).toBeFalse();
  watch.onActivity();
  pass(1);
  expect(events).toEqual(["timeout"]);
});

test("once stopped it does nothing any more", () => {
  watch.stop();
  pass(10_000);
  expect(events).toEqual([]);
});
