import { afterEach, expect, test } from "bun:test";
import { Adapter, Server } from "bun-socket.io";
import { lifecycleSuite } from "../suites/lifecycle.ts";
import { Clients, once } from "../support/clients.ts";
import { portOf } from "../support/hosts.ts";
import { everywhere } from "../support/world.ts";

everywhere(lifecycleSuite);

const hostname = "127.0.0.1";
const clients = new Clients();
afterEach(() => clients.closeAll());

function urlOf(io: Server): string {
  return `http://${hostname}:${portOf(io.httpServer)}`;
}

test("listens again after it was closed", async () => {
  const io = new Server({ hostname });
  const ids: string[] = [];
  io.on("connection", (socket) => ids.push(socket.id));
  for (let round = 1; round <= 3; round++) {
    io.listen(0);
    const client = await clients.connect(urlOf(io));
    expect(ids).toHaveLength(round);
    expect(ids.at(-1)).toBe(client.id ?? "");
    const gone = once(client, "disconnect");
    await io.close();
    await gone;
    expect(io.httpServer).toBeUndefined();
  }
});

test("stops listening when its httpServer is closed, and can listen again", async () => {
  const io = new Server({ hostname }).listen(0);
  const { httpServer } = io;
  const port = portOf(httpServer);
  expect(httpServer.address()).toEqual({ address: hostname, family: "IPv4", port });
  expect(httpServer.listening).toBeTrue();
  const client = await clients.connect(urlOf(io));
  client.disconnect();
  await new Promise<void>((resolve, reject) => {
    httpServer.close((error?: Error) => (error === undefined ? resolve() : reject(error)));
  });
  expect([httpServer.listening, httpServer.address()]).toEqual([false, null]);
  await expect(fetch(`http://${hostname}:${port}`)).rejects.toThrow();

  io.listen(port);
  expect(portOf(io.httpServer)).toBe(port);
  await clients.connect(urlOf(io));
  await io.close();
});

test("frees its port when it closes", async () => {
  const first = new Server({ hostname }).listen(0);
  const port = portOf(first.httpServer);
  const client = await clients.connect(urlOf(first));
  const gone = once(client, "disconnect");
  await first.close();
  await gone;
  const second = new Server({ hostname }).listen(port);
  await clients.connect(urlOf(second));
  await second.close();
});

test("tells of a port that is in use, and can listen elsewhere", async () => {
  const first = new Server({ hostname }).listen(0);
  const second = new Server({ hostname });
  const port = portOf(first.httpServer);
  expect(() => second.listen(port)).toThrow(expect.objectContaining({ code: "EADDRINUSE" }));
  expect(second.httpServer).toBeUndefined();
  await clients.connect(urlOf(second.listen(0)));
  await Promise.all([first.close(), second.close()]);
});

test("can be closed before it listens, and twice", async () => {
  const io = new Server({ hostname });
  await io.close();
  io.listen(0);
  await Promise.all([io.close(), io.close()]);
  await io.close();
});

test("listens where it is made with a port, as a number or as digits", async () => {
  for (const port of [0, "0"]) {
    const io = new Server(port, { hostname });
    await clients.connect(urlOf(io));
    await io.close();
  }
});

test("takes options with listen(), where the constructor was not given them", async () => {
  const io = new Server({ hostname, pingInterval: 1234 });
  io.listen(0, { path: "/from-listen/", pingInterval: 1, pingTimeout: 4321 });
  expect(io.engine.opts.pingInterval).toBe(1234);
  expect(io.engine.opts.pingTimeout).toBe(4321);
  const client = await clients.connect(urlOf(io), { path: "/from-listen/" });
  expect(client.connected).toBeTrue();
  const [error] = await once<[Error]>(clients.make(urlOf(io)), "connect_error");
  expect(error).toBeInstanceOf(Error);
  await io.close();
});

test("takes addTrailingSlash with listen()", async () => {
  const io = new Server({ hostname }).listen(0, { addTrailingSlash: false });
  await clients.connect(urlOf(io), { addTrailingSlash: false });
  await io.close();
});

test("answers under the path of the constructor, or the one that path() set", async () => {
  const given = new Server({ hostname, path: "/given/" }).listen(0);
  expect(given.path()).toBe("/given");
  await clients.connect(urlOf(given), { path: "/given" });
  await given.close();
  const set = new Server({ hostname });
  expect(set.path()).toBe("/socket.io");
  set.path("/set").listen(0);
  await clients.connect(urlOf(set), { path: "/set" });
  await set.close();
});

test("tells and sets what its accessors stand for", () => {
  const io = new Server({ serveClient: false, connectTimeout: 7 });
  expect(io.serveClient()).toBeFalse();
  expect(io.serveClient(true).serveClient()).toBeTrue();
  expect(io.connectTimeout()).toBe(7);
  expect(io.connectTimeout(8).connectTimeout()).toBe(8);
  expect(new Server().connectTimeout()).toBe(45_000);
  expect(new Server().adapter()).toBe(Adapter);
});

test("takes an arrow function for an adapter", async () => {
  const io = new Server({ hostname, adapter: (nsp) => new Adapter(nsp) }).listen(0);
  await clients.connect(urlOf(io));
  expect(io.of("/").adapter.sids.size).toBe(1);
  await io.close();
});
