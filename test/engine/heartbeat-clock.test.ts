import { afterEach, beforeEach, expect, jest, test } from "bun:test";
import { DeadlineClock } from "../../lib/deadline.ts";
import { Heartbeat } from "../../lib/engine/heartbeat.ts";

const TIMES = { pingInterval: 1000, pingTimeout: 300 };

/** What a heartbeat did, by the clock. */
let events: string[] = [];
let heartbeat: Heartbeat;

function pass(milliseconds: number): void {
  jest.advanceTimersByTime(milliseconds);
}

beforeEach(() => {
  jest.useFakeTimers();
  events = [];
  const port = {
    clock: new DeadlineClock(),
    sendPing: () => void events.push("ping"),
    onPingTimeout: () => void events.push("timeout"),
  };
  heartbeat = new Heartbeat(port, TIMES);
  heartbeat.start();
});

afterEach(() => {
  heartbeat.stop();
  jest.useRealTimers();
});

test("the first ping comes after pingInterval", () => {
  pass(999);
  expect(events).toEqual([]);
  pass(1);
  expect(events).toEqual(["ping"]);
});

test("without a pong it is over after pingTimeout", () => {
  pass(1299);
  expect(events).toEqual(["ping"]);
  pass(1);
  expect(events).toEqual(["ping", "timeout"]);
  pass(10_000);
  expect(events).toEqual(["ping", "timeout"]);
});

test("after a pong it rests for pingInterval", () => {
  pass(1200);
  heartbeat.onBeat("pong");
  pass(999);
  expect(events).toEqual(["ping"]);
  pass(1);
  expect(events).toEqual(["ping", "ping"]);
});

test("another packet in place of the pong buys pingTimeout from then on", () => {
  pass(1200);
  heartbeat.onActivity();
  pass(299);
  expect(events).toEqual(["ping"]);
  pass(1);
  expect(events).toEqual(["ping", "timeout"]);
});

test("a second packet in place of the pong buys nothing", () => {
  pass(1200);
  heartbeat.onActivity();
  pass(200);
  heartbeat.onActivity();
  pass(100);
  expect(events).toEqual(["ping", "timeout"]);
});

test("a pong that comes late, in the time that another packet bought, is in time", () => {
  pass(1200);
  heartbeat.onActivity();
  pass(200);
  heartbeat.onBeat("pong");
  pass(1000);
  expect(events).toEqual(["ping", "ping"]);
});

test("time is bought anew with each ping", () => {
  pass(1200);
  heartbeat.onActivity();
  heartbeat.onBeat("pong");
  pass(1200);
  heartbeat.onActivity();
  pass(299);
  expect(events).toEqual(["ping", "ping"]);
});

test("packets and pongs while no ping is out change nothing", () => {
  pass(600);
  heartbeat.onBeat("pong");
  heartbeat.onActivity();
  pass(399);
  expect(events).toEqual([]);
  pass(1);
  expect(events).toEqual(["ping"]);
});

test("a heartbeat that was stopped stays quiet, whatever comes", () => {
  pass(1200);
  heartbeat.stop();
  heartbeat.onActivity();
  heartbeat.onBeat("pong");
  pass(10_000);
  expect(events).toEqual(["ping"]);
});

test("tells whether a ping is out that is not answered", () => {
  expect(heartbeat.awaitsPong).toBe(false);
  pass(1000);
  expect(heartbeat.awaitsPong).toBe(true);
  heartbeat.onActivity();
  expect(heartbeat.awaitsPong).toBe(true);
  heartbeat.onBeat("pong");
  expect(heartbeat.awaitsPong).toBe(false);
  pass(1300);
  expect(heartbeat.awaitsPong).toBe(false);
  expect(events).toEqual(["ping", "ping", "timeout"]);
});
