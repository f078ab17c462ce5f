// Bad use of the API fails where it happens, with a code.

import { afterEach, describe, expect, test } from "bun:test";
import { Server, type ServerOptions, SocketIOError } from "bun-socket.io";
import { HOSTS, portOf } from "../support/hosts.ts";
import { REFERENCE } from "../support/reference.ts";
import { World } from "../support/world.ts";

const hostname = "127.0.0.1";

/** What a call throws. */
function errorOf(act: () => unknown): Error {
  try {
    act();
  } catch (error) {
    if (error instanceof Error) {
      return error;
    }
  }
  throw new Error("the call was expected to throw an error");
}

function codeOf(act: () => unknown): string {
  const error = errorOf(act);
  expect(error).toBeInstanceOf(SocketIOError);
  expect(error.message).not.toBe("");
  return (error as SocketIOError).code;
}

/** A call that the types refuse. */
function untyped<Result>(act: (...args: never[]) => Result): (...args: unknown[]) => Result {
  return act as unknown as (...args: unknown[]) => Result;
}

const milliseconds = "a number of milliseconds";

/** Wrong values of each option, and what the message says was expected. */
const wrongOptions: [option: string, expected: string, ...values: unknown[]][] = [
  ["path", "a string", 1, true, {}],
  ["serveClient", "a boolean", "yes", 1],
  ["adapter", "a function", {}, "memory"],
  ["parser", "an object with Encoder and Decoder", "json", 1, {}],
  ["connectTimeout", milliseconds, "1000", -1, Number.NaN, Number.POSITIVE_INFINITY],
  ["hostname", "a string", 127],
  ["pingTimeout", milliseconds, "1000", -1, Number.NaN],
  ["pingInterval", milliseconds, "1000", 0, {}],
  ["upgradeTimeout", milliseconds, "1000", -1],
  ["maxHttpBufferSize", "a number of bytes", "1mb", 0],
  ["allowRequest", "a function", true, {}],
  ["transports", "a list of", "polling", [], ["polling", "flash"], {}],
  ["allowUpgrades", "a boolean", "no", 0],
  ["perMessageDeflate", "a boolean", "yes", 1],
  ["httpCompression", "a boolean", "yes", 1],
  ["cookie", "a boolean", "io", 1],
  ["cors", "a boolean", 1],
  ["generateId", "a function", "uuid"],
  ["trustProxy", "a number of proxies", -1, 1.5, "", "1", "nginx", "10.0.0.0/33", ["10.0.0.1", 2]],
  ["checkOrigin", "a boolean", "https://a.example"],
  ["limits", "an object", 10, "none"],
  ["addTrailingSlash", "a boolean", "no"],
  ["connectionStateRecovery", "a boolean", "yes", 1],
  ["cleanupEmptyChildNamespaces", "a boolean", "yes", 1],
  ["ackTimeout", milliseconds, "1000", -1, Number.NaN],
  ["destroyUpgrade", "a boolean", "no"],
  ["destroyUpgradeTimeout", milliseconds, "1000", -1],
  ["wsEngine", "a function", "ws", {}],
];

describe("options", () => {
  const cases = wrongOptions.flatMap(([option, expected, ...values]) =>
    values.map((value) => ({ option, expected, value })),
  );

  test.each(cases)("refuses $option: $value", ({ option, expected, value }) => {
    const options = { [option]: value } as ServerOptions;
    for (const act of [
      () => new Server(options),
      () => new Server(0, options),
      () => new Server().listen(0, options),
    ]) {
      expect(codeOf(act)).toBe("ERR_INVALID_OPTION");
      const { message } = errorOf(act);
      expect(message).toContain(`"${option}"`);
      expect(message).toContain(expected);
      const given = Array.isArray(value) ? "[" : typeof value;
      expect(message.slice(message.indexOf("got"))).toContain(given);
    }
  });

  test("lets undefined and null stand for the default, for every option", () => {
    for (const nothing of [undefined, null]) {
      const options = Object.fromEntries(wrongOptions.map(([option]) => [option, nothing]));
      const io = new Server(options as ServerOptions);
      expect(io.path()).toBe("/socket.io");
      expect(io.serveClient()).toBeTrue();
      expect(io.connectTimeout()).toBe(45_000);
      const { pingTimeout, pingInterval, maxHttpBufferSize, transports } = io.engine.opts;
      expect([pingTimeout, pingInterval, maxHttpBufferSize]).toEqual([20_000, 25_000, 1_000_000]);
      expect(transports).toEqual(["polling", "websocket"]);
    }
  });

  test("changes nothing where listen() refuses an option of the engine", () => {
    const io = new Server();
    const { engine } = io;
    const options = { path: "/elsewhere", pingTimeout: -1 };
    expect(codeOf(() => io.listen(0, options))).toBe("ERR_INVALID_OPTION");
    expect([io.path(), io.engine]).toEqual(["/socket.io", engine]);
    expect(io.httpServer).toBeUndefined();
  });

  test("refuses wrong values inside connectionStateRecovery", () => {
    for (const recovery of [
      { maxDisconnectionDuration: "1000" },
      { maxDisconnectionDuration: -1 },
      { skipMiddlewares: "no" },
    ]) {
      const options = { connectionStateRecovery: recovery } as unknown as ServerOptions;
      expect(codeOf(() => new Server(options))).toBe("ERR_INVALID_OPTION");
    }
  });

  test.each([
    ["connections", -1],
    ["connections", "10"],
    ["connectionsPerAddress", 0],
    ["handshakesPerSecond", Number.NaN],
    ["handshakeMs", 0],
    ["eventsPerSecond", 0.5],
    ["connectsPerSecond", 0],
    ["attachments", -1],
  ])("refuses a wrong limit: %s: %p", (name, value) => {
    const options = { limits: { [name]: value } } as ServerOptions;
    for (const act of [() => new Server(options), () => new Server().listen(0, options)]) {
      expect(codeOf(act)).toBe("ERR_INVALID_OPTION");
      expect(errorOf(act).message).toContain(`"limits.${name}" must be a number of`);
    }
  });

  test("refuses a limit that there is not: nobody should believe it holds", () => {
    const options = { limits: { maxConnections: 10 } } as unknown as ServerOptions;
    expect(codeOf(() => new Server(options))).toBe("ERR_INVALID_OPTION");
    expect(errorOf(() => new Server(options)).message).toContain(
      'no option "limits.maxConnections"',
    );
  });

  test("takes Infinity for no limit, and undefined and null for the default", () => {
    const { limits } = new Server({ limits: { attachments: Infinity, handshakeMs: Infinity } })
      .engine.opts;
    expect([limits.attachments, limits.handshakeMs, limits.connections]).toEqual(
      Array(3).fill(Infinity),
    );
    const defaults = { limits: { attachments: undefined, handshakeMs: null } };
    const { attachments, handshakeMs } = new Server(defaults as unknown as ServerOptions).engine
      .opts.limits;
    expect([attachments, handshakeMs]).toEqual([10, 45_000]);
  });

  test("leaves options alone that it does not know", () => {
    const options = { unknown: 1, toString: 2, constructor: "x" };
    expect(() => new Server(options as unknown as ServerOptions)).not.toThrow();
  });

  test("takes the options that a program for the reference may pass and that change nothing", () => {
    const options = { destroyUpgrade: true, destroyUpgradeTimeout: 1 };
    expect(() => new Server(options as ServerOptions)).not.toThrow();
  });
});

describe("listen()", () => {
  test("refuses to listen twice, and goes on listening", async () => {
    const io = new Server({ hostname }).listen(0);
    const port = portOf(io.httpServer);
    expect(codeOf(() => io.listen(0))).toBe("ERR_ALREADY_LISTENING");
    expect(codeOf(() => io.attach(0))).toBe("ERR_ALREADY_LISTENING");
    expect(errorOf(() => io.listen(0)).message).toContain(`${port}`);
    expect(portOf(io.httpServer)).toBe(port);
    const response = await fetch(`http://${hostname}:${port}/socket.io/?EIO=4&transport=polling`);
    expect(response.status).toBe(200);
    await io.close();
  });

  test.each([
    -1,
    65_536,
    1.5,
    Number.NaN,
    "",
    " ",
    "http",
    "0x",
    1n,
    undefined,
    null,
    true,
    () => {},
  ])("refuses the port %p", (port) => {
    const io = new Server({ hostname });
    expect(codeOf(() => untyped(io.listen.bind(io))(port))).toBe("ERR_INVALID_ARGUMENT");
    expect(io.httpServer).toBeUndefined();
  });
});

describe("namespaces", () => {
  test.each([1, undefined, null, {}, true, Symbol("x"), "/a,b", ",", "/a\u001eb"])(
    "refuses the name %p",
    (name) => {
      const io = new Server();
      expect(codeOf(() => untyped(io.of.bind(io))(name))).toBe("ERR_INVALID_NAMESPACE");
    },
  );
});

describe("reserved events", () => {
  const worlds = [...HOSTS.slice(0, 1), REFERENCE].map((host) => new World(host, ["websocket"]));
  afterEach(async () => {
    await Promise.all(worlds.map((world) => world.end()));
  });

  const names = "connect connect_error disconnect disconnecting newListener removeListener";

  test.each(names.split(" "))(
    "cannot be emitted by a socket, the server, a namespace or a room: %s",
    async (event) => {
      for (const world of worlds) {
        const io = world.start();
        const { socket } = await world.join();
        const emits: (() => unknown)[] = [
          () => socket.emit(event),
          () => socket.emitWithAck(event).catch((error: unknown) => error),
          () => socket.timeout(1).emit(event),
          () => socket.broadcast.emit(event),
          () => socket.to("room").emit(event),
          () => io.emit(event),
          () => io.of("/").emit(event),
          () => io.to("room").emit(event),
          () => io.timeout(1).emit(event, () => {}),
        ];
        for (const [index, emit] of emits.entries()) {
          const outcome = index === 1 ? await emit() : errorOf(emit);
          expect(outcome).toBeInstanceOf(Error);
          expect((outcome as Error).message).toBe(`"${event}" is a reserved event name`);
          if (!world.isReference) {
            expect((outcome as SocketIOError).code).toBe("ERR_RESERVED_EVENT");
          }
        }
        expect(socket.connected).toBeTrue();
      }
    },
  );

  test.each(["connect", "connection", "new_namespace"])(
    "cannot be sent to other servers: %s",
    (event) => {
      for (const world of worlds) {
        const io = world.start();
        for (const emit of [
          () => io.serverSideEmit(event),
          () => io.of("/").serverSideEmit(event),
        ]) {
          expect(errorOf(emit).message).toBe(`"${event}" is a reserved event name`);
          if (!world.isReference) {
            expect(codeOf(emit)).toBe("ERR_RESERVED_EVENT");
          }
        }
      }
    },
  );

  test("leaves no flag behind for the next emit", async () => {
    for (const world of worlds) {
      world.start();
      const { client, socket } = await world.join();
      client.on("question", (reply) => reply("answer"));
      errorOf(() => socket.emit("connect"));
      expect(await socket.emitWithAck("question")).toBe("answer");
    }
  });
});

describe("the wrong thing in the right place", () => {
  test("is refused with what belongs there", () => {
    const make = untyped((...args: ConstructorParameters<typeof Server>) => new Server(...args));
    expect(codeOf(() => make({}, 3000))).toBe("ERR_INVALID_ARGUMENT");
    expect(codeOf(() => make(3000, "options"))).toBe("ERR_INVALID_ARGUMENT");
    const io = new Server();
    expect(codeOf(() => untyped(io.adapter.bind(io))("redis"))).toBe("ERR_INVALID_ARGUMENT");
    expect(codeOf(() => io.attachApp({}))).toBe("ERR_UNSUPPORTED");
    const error = errorOf(() => io.handle(new Request("http://a.example/"), null));
    expect(error.message).toContain("the server null");
    expect(`${error}`).toStartWith("SocketIOError: ");
  });

  test("takes options behind undefined, and nothing else behind options", () => {
    const servers = [
      new Server(undefined, { path: "/a" }),
      untyped(() => Reflect.construct(Server, [{ path: "/a" }, undefined]))(),
    ] as Server[];
    expect(servers.map((io) => io.path())).toEqual(["/a", "/a"]);
  });
});
