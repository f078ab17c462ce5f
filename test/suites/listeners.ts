// Catch-all listeners and socket middlewares.

import { expect, test } from "bun:test";
import { once } from "../support/clients.ts";
import { arrived, departed, type World } from "../support/world.ts";

export function listenerSuite(world: World): void {
  test("tells catch-all listeners of every event of the client, before the event's own listeners", async () => {
    world.start();
    const pair = await world.join();
    const calls: unknown[] = [];
    pair.socket.on("a", (...args) => calls.push(["own", ...args]));
    pair.socket.onAny((...event) => calls.push(["any", ...event]));
    pair.socket.prependAny((event) => calls.push(["first", event]));
    pair.client.emit("a", 1, { two: 2 });
    pair.client.emit("b");
    await departed(pair);
    expect(calls.slice(0, 5)).toEqual([
      ["first", "a"],
      ["any", "a", 1, { two: 2 }],
      ["own", 1, { two: 2 }],
      ["first", "b"],
      ["any", "b"],
    ]);
  });

  test("hands catch-all listeners the acknowledgement as well", async () => {
    world.start();
    const { client, socket } = await world.join();
    socket.onAny((event, ...args) => args.at(-1)(`any ${event}`));
    expect(await client.emitWithAck("question", 1)).toBe("any question");
  });

  test("lists and removes catch-all listeners, one or all", async () => {
    world.start();
    const pair = await world.join();
    const { socket } = pair;
    const calls: string[] = [];
    const [a, b, c] = ["a", "b", "c"].map((name) => () => {
      calls.push(name);
    }) as [() => void, () => void, () => void];
    expect(socket.listenersAny()).toEqual([]);
    expect(socket.onAny(a).onAny(b).prependAny(c).onAny(a)).toBe(socket);
    expect(socket.listenersAny()).toEqual([c, a, b, a]);
    socket.offAny(a);
    socket.offAny(() => {});
    expect(socket.listenersAny()).toEqual([c, b, a]);
    pair.client.emit("x");
    await departed(pair);
    expect(calls.slice(0, 3)).toEqual(["c", "b", "a"]);
    socket.offAny();
    expect(socket.listenersAny()).toEqual([]);
    calls.length = 0;
    await departed(pair);
    expect(calls).toEqual([]);
  });

  test("tells outgoing catch-all listeners of what is sent, alone or in a broadcast", async () => {
    const io = world.start();
    const [first, second] = [await world.join(), await world.join()];
    const calls: unknown[] = [];
    first.socket.onAnyOutgoing((...event) => calls.push(["any", ...event]));
    first.socket.prependAnyOutgoing((event) => calls.push(["first", event]));
    first.socket.emit("a", 1);
    io.emit("b", { two: 2 });
    io.to(first.socket.id).emit("c");
    second.socket.broadcast.emit("d");
    first.socket.broadcast.emit("to the second");
    io.to(second.socket.id).emit("to the second");
    first.socket.emit("e", 1, () => {});
    first.socket.emitWithAck("f");
    expect(calls).toEqual([
      ["first", "a"],
      ["any", "a", 1],
      ["first", "b"],
      ["any", "b", { two: 2 }],
      ["first", "c"],
      ["any", "c"],
      ["first", "d"],
      ["any", "d"],
      ["first", "e"],
      ["any", "e", 1],
      ["first", "f"],
      ["any", "f"],
    ]);
  });

  test("lists and removes outgoing catch-all listeners, one or all", async () => {
    world.start();
    const { socket } = await world.join();
    const calls: string[] = [];
    const [a, b, c] = ["a", "b", "c"].map((name) => () => {
      calls.push(name);
    }) as [() => void, () => void, () => void];
    expect(socket.listenersAnyOutgoing()).toEqual([]);
    socket.onAnyOutgoing(a).onAnyOutgoing(b).prependAnyOutgoing(c);
    expect(socket.listenersAnyOutgoing()).toEqual([c, a, b]);
    socket.offAnyOutgoing(a);
    expect(socket.listenersAnyOutgoing()).toEqual([c, b]);
    socket.emit("x");
    expect(calls).toEqual(["c", "b"]);
    expect(socket.offAnyOutgoing().listenersAnyOutgoing()).toEqual([]);
  });

  test("calls once-listeners once, and none that were removed", async () => {
    world.start();
    const pair = await world.join();
    const calls: string[] = [];
    const removed = (): void => {
      calls.push("removed");
    };
    pair.socket.once("x", () => calls.push("once"));
    pair.socket.on("x", removed).off("x", removed);
    pair.client.emit("x").emit("x");
    await departed(pair);
    expect(calls).toEqual(["once"]);
  });

  test("takes events through socket middlewares in order, which may change them", async () => {
    world.start();
    const pair = await world.join();
    const calls: unknown[] = [];
    pair.socket.use((event, next) => {
      calls.push(["1", ...event]);
      event[1] = "changed";
      next();
    });
    pair.socket.use((event, next) => {
      calls.push(["2", ...event]);
      next();
    });
    pair.socket.on("x", (...args) => calls.push(["listener", ...args]));
    pair.client.emit("x", "as sent");
    await departed(pair);
    expect(calls.slice(0, 3)).toEqual([
      ["1", "x", "as sent"],
      ["2", "x", "changed"],
      ["listener", "changed"],
    ]);
  });

  test("emits error on the socket when a middleware refuses an event, which goes no further", async () => {
    world.start();
    const pair = await world.join();
    const calls: unknown[] = [];
    pair.socket.use(([event], next) =>
      event === "refused" ? next(new Error("not allowed")) : next(),
    );
    pair.socket.use(([event], next) => {
      calls.push(event);
      next();
    });
    pair.socket.on("refused", () => calls.push("heard"));
    pair.socket.on("error", (error) => calls.push(error.message));
    pair.client.emit("refused");
    await departed(pair);
    expect(calls).toEqual(["not allowed", "settled"]);
    expect(pair.socket.connected).toBeTrue();
  });

  test("goes on when a middleware refuses an event and nobody listens to error", async () => {
    world.start();
    const pair = await world.join();
    pair.socket.use(([event], next) => next(event === "bad" ? new Error("no") : undefined));
    pair.client.emit("bad");
    await departed(pair);
    await arrived(pair);
    expect(pair.socket.connected).toBeTrue();
  });

  test("waits for asynchronous middlewares, and delivers nothing after a disconnection", async () => {
    world.start();
    const { client, socket } = await world.join();
    const calls: unknown[] = [];
    const reached = Promise.withResolvers<() => void>();
    socket.use(async ([event], next) => {
      await Promise.resolve();
      if (event === "held") {
        reached.resolve(next);
      } else {
        next();
      }
    });
    socket.on("held", () => calls.push("held"));
    const heard = once(socket, "x");
    client.emit("x", 1).emit("held");
    expect(await heard).toEqual([1]);
    const next = await reached.promise;
    const gone = once(client, "disconnect");
    socket.disconnect();
    next();
    await gone;
    expect(calls).toEqual([]);
  });

  test("hands on names that mean something to JavaScript, numbers and unicode", async () => {
    world.start();
    const pair = await world.join();
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty", "42", "", "ünï 🚀"];
    const calls: unknown[] = [];
    const answers: unknown[] = [];
    for (const name of names) {
      pair.socket.on(name, (value, reply) => {
        calls.push([name, value]);
        reply(name);
      });
      pair.client.on(name, (value) => answers.push([name, value]));
    }
    const acks = await Promise.all(names.map((name) => pair.client.emitWithAck(name, 1)));
    for (const name of names) {
      pair.socket.emit(name, 2);
    }
    await arrived(pair);
    expect(acks).toEqual(names);
    expect(calls).toEqual(names.map((name) => [name, 1]));
    expect(answers).toEqual(names.map((name) => [name, 2]));
  });

  test("ignores events that nobody listens to, whatever their name", async () => {
    world.start();
    const pair = await world.join();
    for (const name of ["error", "__proto__", "constructor", "unheard", "connection"]) {
      pair.client.emit(name, 1, () => {});
    }
    await departed(pair);
    await arrived(pair);
    expect(pair.socket.connected).toBeTrue();
  });

  test("hands a client's event named error to the socket's error listeners", async () => {
    world.start();
    const { client, socket } = await world.join();
    const heard = once(socket, "error");
    client.emit("error", "from the client");
    expect(await heard).toEqual(["from the client"]);
  });
}
