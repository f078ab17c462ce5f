// Faults that were found by reading and attacking, each with the test that would have shown it.

import { heapStats } from "bun:jsc";
import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Adapter, Server, type SocketIOError } from "bun-socket.io";
import { Clients, once } from "../support/clients.ts";
import { HOSTS, portOf } from "../support/hosts.ts";

const clients = new Clients();
afterEach(() => clients.closeAll());

const hostname = "127.0.0.1";
const handshake = "/socket.io/?EIO=4&transport=polling";

describe.each(HOSTS)("with $name", ({ start }) => {
  test("what is sent behind a message larger than Bun's buffer arrives, in order", async () => {
    const running = start();
    running.io.on("connection", (socket) => {
      socket.emit("big", Buffer.alloc(40_000_000));
      for (let index = 0; index < 20; index++) {
        socket.emit("small", index);
      }
    });
    const client = clients.make(running.url, { transports: ["websocket"] });
    const received: unknown[] = [];
    client.on("big", (bytes: Buffer) => received.push(bytes.length));
    const done = new Promise<void>((resolve) => {
      client.on("small", (index: number) => {
        received.push(index);
        if (index === 19) {
          resolve();
        }
      });
    });
    await done;
    expect(received).toEqual([40_000_000, ...Array(20).keys()]);
    await running.close();
  });

  test("sessions keep nothing of the web requests that opened them", async () => {
    const running = start();
    const count = 200;
    const all = Array.from({ length: count }, () =>
      clients.connect(running.url, { transports: ["websocket"] }),
    );
    await Promise.all(all);
    expect(running.io.engine.clientsCount).toBe(count);
    Bun.gc(true);
    const { Request = 0, Response = 0 } = heapStats().objectTypeCounts;
    expect(Request).toBeLessThan(count / 4);
    expect(Response).toBeLessThan(count / 4);
    await running.close();
  });

  test("a cors function that refuses an origin does not refuse the client file", async () => {
    const running = start({
      cors: { origin: (_origin, callback) => callback(new Error("not allowed")) },
    });
    const answer = await fetch(`${running.url}/socket.io/socket.io.js`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
    await running.close();
  });

  test("an acknowledgement that could not be encoded can be given again", async () => {
    const running = start();
    running.io.on("connection", (socket) => {
      socket.on("ask", (reply: (answer: unknown) => void) => {
        const circular: { self?: unknown } = {};
        circular.self = circular;
        try {
          reply(circular);
        } catch {
          reply("sorry");
        }
      });
    });
    const client = await clients.connect(running.url);
    expect(await client.emitWithAck("ask")).toBe("sorry");
    await running.close();
  });

  test("an event that could not be encoded leaves no acknowledgement owed", async () => {
    const running = start();
    const owed = new Promise<[string, number]>((resolve) => {
      running.io.on("connection", (socket) => {
        try {
          socket.timeout(1).emit("ask", 1n, () => {});
        } catch (error) {
          resolve([(error as Error).name, socket.acks.size]);
        }
      });
    });
    clients.make(running.url);
    expect(await owed).toEqual(["TypeError", 0]);
    await running.close();
  });

  test("close() frees everything even if an adapter cannot be closed", async () => {
    class Broken extends Adapter {
      override close(): void {
        throw new Error("no");
      }
    }
    const running = start({ adapter: Broken });
    await clients.connect(running.url);
    await running.close();
    expect(running.io.engine.clientsCount).toBe(0);
    await expect(fetch(running.url)).rejects.toThrow();
  });

  test("listeners of the end of a session may look at what was not sent", async () => {
    const running = start();
    const left = new Promise<unknown>((resolve) => {
      running.io.on("connection", ({ conn }) => {
        conn.on("close", () => resolve(conn.writeBuffer.at(-1)?.data));
        conn.transport.onRequest = () => {}; // no poll of the client comes through any more
        conn.send("one");
        setImmediate(() => conn.close(true));
      });
    });
    clients.make(running.url, { transports: ["polling"] });
    expect(await left).toBe("one");
    await running.close();
  });
});

test.each([[5], [{}], [true]])("the initial packet %p is refused", (initialPacket) => {
  let code = "";
  try {
    new Server({ initialPacket: initialPacket as unknown as string });
  } catch (error) {
    code = (error as SocketIOError).code;
  }
  expect(code).toBe("ERR_INVALID_OPTION");
});

test("a generateId that returns nothing is refused, and not replaced", async () => {
  const io = new Server({ hostname, generateId: () => undefined as unknown as string });
  io.listen(0);
  const errors: unknown[] = [];
  io.engine.on("connection_error", ({ context }) => errors.push(context.name));
  const answer = await fetch(`http://${hostname}:${portOf(io.httpServer)}${handshake}`);
  expect(answer.status).toBe(400);
  expect(errors).toEqual(["ID_GENERATION_ERROR"]);
  await io.close();
});

test("two servers on one port each serve their clients, and nobody is warned", async () => {
  const warnings: string[] = [];
  const record = (warning: Error): unknown => warnings.push(warning.message);
  process.on("warning", record);
  const inner = new Server({ path: "/inner" });
  const outer = new Server({ path: "/outer" });
  const { fetch, websocket } = inner.handler();
  const server = Bun.serve({ port: 0, hostname, ...outer.handler({ fetch, websocket }) });
  const url = `http://${hostname}:${server.port}`;
  for (const path of ["/inner", "/outer"]) {
    await clients.connect(url, { path, transports: ["websocket"] });
  }
  expect([inner.engine.clientsCount, outer.engine.clientsCount]).toEqual([1, 1]);
  await Bun.sleep(1_100); // the time after which a warning would come
  process.off("warning", record);
  expect(warnings).toEqual([]);
  await Promise.all([inner.close(), outer.close()]);
  await server.stop(true);
});

test("sessions go on when the module is loaded anew, as by bun --hot", async () => {
  const io = new Server();
  io.on("connection", (socket) => {
    socket.on("ask", (reply: (answer: string) => void) => reply("still here"));
  });
  const server = Bun.serve({ port: 0, hostname, ...io.handler() });
  const client = await clients.connect(`http://${hostname}:${server.port}`, {
    transports: ["websocket"],
  });
  const directory = mkdtempSync(join(tmpdir(), "bun-socket-io-again-"));
  const entry = join(import.meta.dir, "../../lib/index.ts");
  const built = await Bun.build({ entrypoints: [entry], target: "bun", outdir: directory });
  const again = (await import(built.outputs[0]?.path ?? "")) as { Server: typeof Server };
  const { Server: ServerAgain } = again;
  expect(ServerAgain).not.toBe(Server);
  server.reload({ ...new ServerAgain().handler() });
  expect(await client.emitWithAck("ask")).toBe("still here");
  await io.close();
  await server.stop(true);
  rmSync(directory, { recursive: true });
});

test("a bundle that is moved away from its packages starts, without the client files", async () => {
  const directory = mkdtempSync(join(tmpdir(), "bun-socket-io-bundle-"));
  const entry = join(import.meta.dir, "../support/bundled.ts");
  const built = await Bun.build({ entrypoints: [entry], target: "bun", outdir: directory });
  const child = Bun.spawn([process.execPath, "--no-install", built.outputs[0]?.path ?? ""], {
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  expect(out.trim()).toBe("handshake 200, client file 404");
  expect(err).toContain("socket.io-client");
  rmSync(directory, { recursive: true });
});

test("what goes wrong behind allowRequest is reported, and the request is answered", async () => {
  const program = `
    import { Server } from "bun-socket.io";
    const rules = [(req, fn) => fn(null, true), async () => true];
    for (const allowRequest of rules) {
      const io = new Server(0, { hostname: "127.0.0.1", allowRequest });
      io.engine.on("initial_headers", (headers) => { headers["x-bad"] = "a\\nb"; });
      const url = "http://127.0.0.1:" + io.httpServer.address().port + "${handshake}";
      console.log("status", (await fetch(url)).status);
      await io.close();
    }
  `;
  const child = Bun.spawn(
    [
      process.execPath,
      "-e",
      `process.on("uncaughtException", () => console.log("reported"));${program}`,
    ],
    { cwd: `${import.meta.dir}/../..`, stdio: ["ignore", "pipe", "inherit"] },
  );
  const lines = (await new Response(child.stdout).text()).trim().split("\n").sort();
  expect(lines).toEqual(["reported", "reported", "status 500", "status 500"]);
});

test("a client may go on waiting for its first event while another is cut", async () => {
  const io = new Server({ hostname });
  io.listen(0);
  const url = `http://${hostname}:${portOf(io.httpServer)}`;
  const [first, second] = [await clients.connect(url), await clients.connect(url)];
  const heard = once(second, "news");
  first.disconnect();
  io.emit("news", "good");
  expect(await heard).toEqual(["good"]);
  await io.close();
});

test("an outgoing listener that throws costs neither its socket nor the others the packet", async () => {
  const program = `
    import { Server } from "bun-socket.io";
    import { io as connect } from "socket.io-client";
    process.on("uncaughtException", (error) => console.log(error.message));
    const io = new Server(0, { hostname: "127.0.0.1" });
    io.on("connection", (socket) => {
      socket.onAnyOutgoing(() => { throw new Error("thrown"); });
      if (io.of("/").sockets.size === 2) io.emit("news");
    });
    const url = "http://127.0.0.1:" + io.httpServer.address().port;
    const heard = [1, 2].map(() => new Promise((resolve) => connect(url, { forceNew: true }).once("news", resolve)));
    await Promise.all(heard);
    console.log("both heard");
    process.exit(0);
  `;
  const child = Bun.spawn([process.execPath, "-e", program], {
    cwd: `${import.meta.dir}/../..`,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = (await new Response(child.stdout).text()).trim().split("\n");
  expect(lines).toEqual(["thrown", "thrown", "both heard"]);
});
