// socket.iterate(): a client's events in `for await`.

import { afterEach, describe, expect, test } from "bun:test";
import type { Socket } from "bun-socket.io";
import { once } from "../support/clients.ts";
import { HOSTS } from "../support/hosts.ts";
import { departed, World } from "../support/world.ts";

const [host] = HOSTS;
if (host === undefined) throw new Error("there is no host");
const world = new World(host, ["websocket"]);
afterEach(() => world.end());

/** All that is left of an iteration, and how it ended. */
async function drain(events: AsyncIterable<unknown[]>): Promise<unknown[]> {
  const got: unknown[] = [];
  try {
    for await (const [first] of events) got.push(first);
    got.push("done");
  } catch (error) {
    got.push((error as { code?: string }).code);
  }
  return got;
}

/** A client, and an iteration to which it has sent the numbers up to `count` before anyone asks. */
async function filled(count: number, options: Parameters<Socket["iterate"]>[1]) {
  world.start();
  const pair = await world.join();
  const events = pair.socket.iterate("n", options);
  for (let n = 1; n <= count; n++) pair.client.emit("n", n);
  return { ...pair, events };
}

describe("an iteration over a client's events", () => {
  test("gives out those before and after somebody asks, and ends with the socket", async () => {
    const { client, socket, events } = await filled(2, {});
    await departed({ client, socket });
    const all = drain(events);
    client.emit("n", 3);
    client.emit("other", "of another name");
    client.emit("n", 4);
    await departed({ client, socket });
    client.disconnect();
    expect(await all).toEqual([1, 2, 3, 4, "done"]);
    expect(socket.listenerCount("n")).toBe(0);
  });

  test("gives out what waits when the socket is gone, and then ends", async () => {
    const { client, socket, events } = await filled(3, {});
    const gone = once(socket, "disconnect");
    client.disconnect();
    await gone;
    expect(await drain(events)).toEqual([1, 2, 3, "done"]);
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  test("is over at once for a socket that is gone", async () => {
    world.start();
    const { client, socket } = await world.join();
    const gone = once(socket, "disconnect");
    client.disconnect();
    await gone;
    expect(await drain(socket.iterate("n"))).toEqual(["done"]);
    expect(socket.listenerCount("n")).toBe(0);
  });

  test("has all arguments, with the acknowledgement last", async () => {
    world.start();
    const { client, socket } = await world.join();
    const answers = (async () => {
      for await (const [a, b, reply] of socket.iterate("add")) reply(a + b);
    })();
    expect(await client.emitWithAck("add", 1, 2)).toBe(3);
    expect(await client.emitWithAck("add", 3, 4)).toBe(7);
    client.disconnect();
    await answers;
  });

  test("passes the middlewares, and leaves the listeners theirs", async () => {
    world.start();
    const { client, socket } = await world.join();
    socket.use(([, n], next) => (n === 2 ? next(new Error("not two")) : next()));
    const events = socket.iterate("n");
    const heard: number[] = [];
    socket.on("n", (n) => heard.push(n));
    for (const n of [1, 2, 3]) client.emit("n", n);
    await departed({ client, socket });
    client.disconnect();
    expect(await drain(events)).toEqual([1, 3, "done"]);
    expect(heard).toEqual([1, 3]);
  });

  test("listens no more after the loop is left", async () => {
    const { client, socket, events } = await filled(3, {});
    for await (const [n] of events) {
      if (n === 2) break;
    }
    expect(socket.listenerCount("n")).toBe(0);
    client.emit("n", 4);
    await departed({ client, socket });
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  test("answers several that ask at once in their order", async () => {
    world.start();
    const { client, socket } = await world.join();
    const events = socket.iterate("n");
    const asked = [events.next(), events.next(), events.next()];
    client.emit("n", 1);
    client.emit("n", 2);
    await departed({ client, socket });
    client.disconnect();
    expect((await Promise.all(asked)).map(({ value }) => value?.[0])).toEqual([1, 2, undefined]);
  });

  test("ends with a signal of its own, too", async () => {
    world.start();
    const { client, socket } = await world.join();
    const stopping = new AbortController();
    const events = socket.iterate("n", { signal: stopping.signal });
    const all = drain(events);
    client.emit("n", 1);
    await departed({ client, socket });
    stopping.abort();
    expect(await all).toEqual([1, "done"]);
    expect(socket.connected).toBe(true);
    expect(await drain(socket.iterate("n", { signal: stopping.signal }))).toEqual(["done"]);
    expect(socket.listenerCount("n")).toBe(0);
  });
});

describe("when more events wait than the limit", () => {
  test("the iteration gives out what waits, then throws, and listens no more", async () => {
    const { client, socket, events } = await filled(5, { limit: 3 });
    await departed({ client, socket });
    expect(socket.listenerCount("n")).toBe(0);
    expect(await drain(events)).toEqual([1, 2, 3, "ERR_OVERFLOW"]);
    expect(await drain(events)).toEqual(["done"]);
    expect(socket.connected).toBe(true);
  });

  test.each([
    ["drop-oldest", [3, 4, 5, "done"], 2],
    ["drop-newest", [1, 2, 3, "done"], 2],
  ] as const)("%s drops and counts", async (onFull, expected, dropped) => {
    const { client, socket, events } = await filled(5, { limit: 3, onFull });
    await departed({ client, socket });
    client.disconnect();
    expect(await drain(events)).toEqual([...expected]);
    expect(events.dropped).toBe(dropped);
  });

  test("disconnect ends the socket, and what waits is given out", async () => {
    const { client, events } = await filled(5, { limit: 3, onFull: "disconnect" });
    expect(await once(client, "disconnect")).toContain("io server disconnect");
    expect(await drain(events)).toEqual([1, 2, 3, "done"]);
  });

  test("nothing is too much for those who wait", async () => {
    world.start();
    const { client, socket } = await world.join();
    const all = drain(socket.iterate("n", { limit: 1 }));
    for (let n = 1; n <= 3; n++) {
      client.emit("n", n);
      await departed({ client, socket });
    }
    client.disconnect();
    expect(await all).toEqual([1, 2, 3, "done"]);
  });
});

test.each([
  { limit: 0 },
  { limit: 1.5 },
  { limit: "3" as never },
  { onFull: "wait" as never },
  { signal: {} as never },
])("refuses the option %p", async (options) => {
  world.start();
  const { socket } = await world.join();
  expect(() => socket.iterate("n", options)).toThrow(
    expect.objectContaining({ code: "ERR_INVALID_OPTION" }),
  );
  expect(socket.listenerCount("n")).toBe(0);
});
