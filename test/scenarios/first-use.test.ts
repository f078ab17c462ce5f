// What people do in their first hour with it, and what they are told.

import { afterEach, describe, expect, spyOn, test } from "bun:test";
import { Server, SocketIOError } from "bun-socket.io";
import { Clients, once } from "../support/clients.ts";
import { HOSTS } from "../support/hosts.ts";

const clients = new Clients();
afterEach(() => clients.closeAll());

const hostname = "127.0.0.1";

/** Lets a test give what the types refuse. */
function untyped(value: unknown): never {
  return value as never;
}

function thrownBy(act: () => unknown): { code: string; message: string } {
  try {
    act();
  } catch (error) {
    if (error instanceof SocketIOError) {
      return { code: error.code, message: error.message };
    }
    throw error;
  }
  throw new Error("nothing was thrown");
}

function nextWarning(): Promise<string> {
  return new Promise((resolve) => {
    process.once("warning", (warning) => resolve(warning.message));
  });
}

describe("wrong use says what to do", () => {
  test("a running server of Bun cannot be joined, by the constructor or by listen()", () => {
    const server = Bun.serve({ port: 0, hostname, fetch: () => new Response() });
    const expected = { code: "ERR_INVALID_ARGUMENT", message: expect.stringContaining("handler") };
    expect(thrownBy(() => new Server(untyped(server)))).toEqual(expected);
    expect(thrownBy(() => new Server().listen(untyped(server)))).toEqual(expected);
    void server.stop(true);
  });

  test("a port is not an option", () => {
    expect(thrownBy(() => new Server(untyped({ port: 3000 })))).toEqual({
      code: "ERR_INVALID_OPTION",
      message: expect.stringContaining("io.listen(port)"),
    });
  });

  test("handle() wants the server too", async () => {
    const io = new Server();
    expect(thrownBy(() => io.handle(new Request("http://x/"), untyped(undefined)))).toEqual({
      code: "ERR_INVALID_ARGUMENT",
      message: expect.stringContaining("handle(request, server)"),
    });
  });

  test.each([
    ["an Express application", () => {}],
    ["a fetch that is no function", { fetch: "x" }],
    ["handlers that are no object", { websocket: 1 }],
    ["routes", { routes: {} }],
  ])("handler() refuses %s", (_name, application) => {
    expect(thrownBy(() => new Server().handler(untyped(application))).code).toBe(
      "ERR_INVALID_ARGUMENT",
    );
  });

  test("a middleware must be a function, wherever it is added", () => {
    const io = new Server();
    for (const target of [io, io.of("/a"), io.engine]) {
      expect(thrownBy(() => target.use(untyped("x"))).code).toBe("ERR_INVALID_ARGUMENT");
    }
  });

  test("an attribute that no cookie can have is refused at once", () => {
    expect(thrownBy(() => new Server({ cookie: untyped({ sameSite: "lol" }) })).code).toBe(
      "ERR_INVALID_OPTION",
    );
  });

  test("a Bun.serve without the handlers of its WebSockets is warned of, and answers 500", async () => {
    const io = new Server();
    const fetchHandler = io.handler().fetch;
    const server = Bun.serve({ port: 0, hostname, fetch: fetchHandler });
    const warned = nextWarning();
    const client = clients.make(`http://${hostname}:${server.port}`, {
      transports: ["websocket"],
    });
    await once(client, "connect_error");
    expect(await warned).toContain("websocket: io.websocket");
    await server.stop(true);
  });

  test("handlers laid over those of handler() are warned of", async () => {
    const io = new Server();
    const server = Bun.serve({
      port: 0,
      hostname,
      fetch: io.handler().fetch,
      websocket: { message() {} },
    });
    const warned = nextWarning();
    clients.make(`http://${hostname}:${server.port}`, { transports: ["websocket"] });
    expect(await warned).toContain("does not hand it on");
    await server.stop(true);
  });
});

describe.each(HOSTS)("with $name", ({ start }) => {
  test("a cookie set by a listener is added to the one of the option", async () => {
    const running = start({ cookie: true });
    running.io.engine.on("initial_headers", (headers) => {
      headers["set-cookie"] = "uid=1";
    });
    const answer = await fetch(`${running.url}/socket.io/?EIO=4&transport=polling`);
    expect(answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^io=[\w-]{20}; Path=\/; HttpOnly; SameSite=Lax$/),
      "uid=1",
    ]);
    await running.close();
  });

  test.each([
    ["http://a.example", "http://a.example", "http://a.example"],
    [["http://a.example"], "http://a.example", "http://a.example"],
    [["http://a.example"], "http://b.example", null],
    [/\.example$/, "http://c.example", "http://c.example"],
    [true, "http://d.example", "*"],
  ])(
    "the option cors %p stands for its origin (request from %s)",
    async (cors, origin, allowed) => {
      const running = start({ cors: cors as string });
      const answer = await fetch(`${running.url}/socket.io/?EIO=4&transport=polling`, {
        headers: { Origin: origin },
      });
      expect(answer.headers.get("access-control-allow-origin")).toBe(allowed);
      await running.close();
    },
  );

  test("a HEAD request of the client file tells its length", async () => {
    const running = start();
    const url = `${running.url}/socket.io/socket.io.js`;
    const init = { headers: { "Accept-Encoding": "identity" } };
    const head = await fetch(url, { ...init, method: "HEAD" });
    const body = await (await fetch(url, init)).arrayBuffer();
    expect(head.headers.get("content-length")).toBe(String(body.byteLength));
    await running.close();
  });

  test("an event with a Blob is refused where it is emitted, and the client is not jammed", async () => {
    const running = start();
    const refused = Promise.withResolvers<string>();
    running.io.on("connection", (socket) => {
      try {
        socket.emit("data", new Blob(["x"]));
      } catch (error) {
        refused.resolve((error as SocketIOError).code);
      }
      expect(() => running.io.emit("data", new Blob(["x"]), () => {})).toThrow("Blob");
      expect(socket.acks.size).toBe(0);
      socket.emit("data", Buffer.from("y"));
    });
    const client = clients.make(running.url);
    expect(await once(client, "data")).toEqual([Buffer.from("y")]);
    expect(await refused.promise).toBe("ERR_INVALID_ARGUMENT");
    await running.close();
  });
});

test("what a listener throws is reported with the listener's own stack", async () => {
  const program = `
    import { Server } from "bun-socket.io";
    import { io as connect } from "socket.io-client";
    const io = new Server(0, { hostname: "127.0.0.1" });
    function theUsersOwnFunction() { throw new Error("boom"); }
    io.on("connection", () => theUsersOwnFunction());
    connect("http://127.0.0.1:" + io.httpServer.address().port);
  `;
  const child = Bun.spawn([process.execPath, "-e", program], {
    cwd: `${import.meta.dir}/../..`,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const report = await new Response(child.stderr).text();
  expect(report).toContain("theUsersOwnFunction");
  expect(await child.exited).toBe(1);
});

test("a program that spies on the console sees nothing of a session", async () => {
  const spies = (["log", "warn", "error"] as const).map((name) => spyOn(console, name));
  const running = HOSTS[0]?.start();
  const client = await clients.connect(running?.url ?? "");
  client.disconnect();
  await running?.close();
  expect(spies.flatMap((spy) => spy.mock.calls)).toEqual([]);
  for (const spy of spies) {
    spy.mockRestore();
  }
});
