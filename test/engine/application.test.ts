import { afterEach, expect, test } from "bun:test";
import { Server, type ServerOptions, SocketIOError } from "bun-socket.io";
import { exchange } from "../support/raw.ts";
import { OPCODES, type RawWebSocket, requestWebSocket } from "../support/raw-websocket.ts";

const hostname = "127.0.0.1";
const SESSION = "/socket.io/?EIO=4&transport=";

interface Own {
  name: string;
}

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) {
    await cleanUp();
  }
});

/** An application with an echo of bodies, a WebSocket of its own, and Socket.IO, on one port. */
function startApplication(
  options: ServerOptions = {},
  websocket: Partial<Bun.WebSocketHandler<Own>> = {},
): { io: Server; port: number; events: string[] } {
  const io = new Server(options);
  io.engine.onSession = null;
  const events: string[] = [];
  const handler = io.handler<Own>({
    async fetch(request, server) {
      const { pathname } = new URL(request.url);
      if (pathname === "/own-socket") {
        const data = { name: request.headers.get("x-name") ?? "" };
        return server.upgrade(request, { data }) ? undefined : new Response(null, { status: 400 });
      }
      return pathname === "/echo" ? new Response(await request.text()) : undefined;
    },
    websocket: {
      open: (ws) => void events.push(`open ${ws.data.name}`),
      message: (ws, message) => void ws.send(`${ws.data.name}: ${message}`),
      close: (ws, code) => void events.push(`close ${ws.data.name} ${code}`),
      ...websocket,
    },
  });
  const server = Bun.serve({ port: 0, hostname, ...handler });
  cleanUps.push(
    () => io.close(),
    () => server.stop(true),
  );
  return { io, port: server.port ?? 0, events };
}

async function openSocket(
  port: number,
  path: string,
  headers: Record<string, string> = {},
): Promise<RawWebSocket> {
  const { webSocket, answer } = await requestWebSocket(port, path, headers);
  if (webSocket === null) {
    throw new Error(`no WebSocket: ${answer.status} ${answer.body}`);
  }
  cleanUps.unshift(() => webSocket.connection.destroy());
  return webSocket;
}

test("requests of other paths are the application's, and 404 where it does not answer", async () => {
  const { port, io } = startApplication();
  const echo = await exchange(port, "POST", "/echo", {}, "hello");
  expect([echo.status, echo.body]).toEqual([200, "hello"]);
  for (const path of [
    "/",
    "/socket.iox/",
    "/socket.io",
    "/x/socket.io/",
    "/nowhere?a=/socket.io/",
  ]) {
    expect((await exchange(port, "GET", path)).status).toBe(404);
  }
  expect(io.engine.clientsCount).toBe(0);
});

test("an application without a fetch has 404 for all but Socket.IO", async () => {
  const io = new Server();
  const server = Bun.serve({ port: 0, hostname, ...io.handler() });
  cleanUps.push(
    () => io.close(),
    () => server.stop(true),
  );
  expect((await exchange(server.port ?? 0, "GET", "/")).status).toBe(404);
  expect((await exchange(server.port ?? 0, "GET", `${SESSION}polling`)).status).toBe(200);
});

test("the application's WebSockets carry its data and messages beside those of sessions", async () => {
  const { io, port, events } = startApplication();
  io.engine.on("connection", (session) => {
    session.on("message", (data) => session.send(`session: ${data}`));
  });
  const own = await openSocket(port, "/own-socket", { "X-Name": "ann" });
  const session = await openSocket(port, `${SESSION}websocket`);
  expect((await session.text())[0]).toBe("0");
  own.send("hi");
  session.send("4hi");
  expect(await own.text()).toBe("ann: hi");
  expect(await session.text()).toBe("4session: hi");
  const ended = new Promise((resolve) => {
    for (const each of Object.values(io.engine.clients)) {
      each.once("close", resolve);
    }
  });
  session.sendClose(1000);
  expect(await ended).toBe("transport close");
  own.send("still here?");
  expect(await own.text()).toBe("ann: still here?");
  own.sendClose(1000);
  expect(await own.closeCode()).toBe(1000);
  expect(events).toEqual(["open ann", "close ann 1000"]);
  expect(io.engine.clientsCount).toBe(0);
});

test("io.close() leaves the application's WebSockets open", async () => {
  const { io, port } = startApplication();
  const own = await openSocket(port, "/own-socket", { "X-Name": "ann" });
  const session = await openSocket(port, `${SESSION}websocket`);
  await io.close();
  expect(await session.closeCode()).not.toBe(1006);
  own.send("hi");
  expect(await own.text()).toBe("ann: hi");
});

test("the application takes bodies and messages larger than maxHttpBufferSize", async () => {
  const { io, port } = startApplication({ maxHttpBufferSize: 100 });
  const large = "x".repeat(2_000_000);
  expect((await exchange(port, "POST", "/echo", {}, large)).body).toBe(large);
  const own = await openSocket(port, "/own-socket", { "X-Name": "ann" });
  own.send(large);
  expect(await own.text()).toBe(`ann: ${large}`);
  const session = await openSocket(port, `${SESSION}websocket`);
  expect((await session.text())[0]).toBe("0");
  const reason = new Promise((resolve) => {
    for (const each of Object.values(io.engine.clients)) {
      each.once("close", resolve);
    }
  });
  session.send(`4${"x".repeat(100)}`);
  expect(await reason).toBe("transport error");
  own.send("small");
  expect(await own.text()).toBe("ann: small");
});

test("the application's maxPayloadLength holds, as far as sessions do not need more", async () => {
  const { port } = startApplication({ maxHttpBufferSize: 1000 }, { maxPayloadLength: 2000 });
  const fitting = await openSocket(port, "/own-socket", { "X-Name": "ann" });
  fitting.send("x".repeat(2000));
  expect((await fitting.text()).length).toBe(2005);
  fitting.send("x".repeat(2001));
  await fitting.connection.closed;

  const small = startApplication({ maxHttpBufferSize: 1000 }, { maxPayloadLength: 10 });
  const session = await openSocket(small.port, `${SESSION}websocket`);
  await session.text();
  const message = new Promise((resolve) => {
    for (const each of Object.values(small.io.engine.clients)) {
      each.once("message", resolve);
    }
  });
  session.send(`4${"x".repeat(999)}`);
  expect(await message).toBe("x".repeat(999));
});

test("an idleTimeout that would end sessions is refused where no pings keep them", () => {
  const io = new Server();
  const message = (): void => {};
  for (const websocket of [
    { message, sendPings: false, idleTimeout: 30 },
    { message, sendPings: false, idleTimeout: 44 },
  ]) {
    const attempt = () => io.handler({ websocket });
    expect(attempt).toThrow(SocketIOError);
    expect(attempt).toThrow(expect.objectContaining({ code: "ERR_INVALID_OPTION" }));
  }
  for (const websocket of [
    { message },
    { message, sendPings: false }, // Bun's default is two minutes
    { message, idleTimeout: 30 },
    { message, sendPings: false, idleTimeout: 0 },
    { message, sendPings: false, idleTimeout: 45 },
  ]) {
    expect(io.handler({ websocket }).websocket).toMatchObject({
      ...websocket,
      message: expect.any(Function),
    });
  }
});

test("an error of the application's fetch is the application's", async () => {
  const io = new Server();
  const seen: string[] = [];
  const server = Bun.serve({
    port: 0,
    hostname,
    ...io.handler({
      fetch() {
        throw new Error("page is broken");
      },
    }),
    error(error) {
      seen.push(error.message);
      return new Response("sorry", { status: 500 });
    },
  });
  cleanUps.push(
    () => io.close(),
    () => server.stop(true),
  );
  const port = server.port ?? 0;
  expect((await exchange(port, "GET", "/")).body).toBe("sorry");
  expect(seen).toEqual(["page is broken"]);
  expect((await exchange(port, "GET", `${SESSION}polling`)).status).toBe(200);
});

test("an upgrade request that the application does not take is answered", async () => {
  const { port } = startApplication();
  const { answer } = await requestWebSocket(port, "/no-socket-here");
  expect(answer.status).toBe(404);
});

test("the application's socket may be compressed while sessions are not", async () => {
  const { port } = startApplication({}, { perMessageDeflate: true });
  const offer = { "Sec-WebSocket-Extensions": "permessage-deflate" };
  const session = await openSocket(port, `${SESSION}websocket`, offer);
  const frame = await session.frame();
  expect([frame.opcode, frame.rsv]).toEqual([OPCODES.text, 0]);
});
