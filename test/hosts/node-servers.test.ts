import { afterEach, describe, expect, test } from "bun:test";
import { once } from "node:events";
import { createServer as createHttpServer, request as httpRequest } from "node:http";
import { type ClientHttp2Session, connect as connectHttp2, createSecureServer } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server, type Socket } from "bun-socket.io";
import { once as onceOf, Clients } from "../support/clients.ts";
import { portOf, TRANSPORTS } from "../support/hosts.ts";

const pem = await Bun.file(`${import.meta.dir}/../support/tls.pem`).text();
const tls = { key: pem, cert: pem };
const hostname = "127.0.0.1";
const clients = new Clients();
const opened: { close(): unknown }[] = [];

afterEach(async () => {
  clients.closeAll();
  for (const each of opened.splice(0).reverse()) {
    await each.close();
  }
});

describe.each([
  { kind: "node:https", make: () => createHttpsServer(tls) },
  { kind: "node:http2", make: () => createSecureServer({ ...tls, allowHTTP1: true }) },
])("a server of $kind", ({ make }) => {
  test.each(TRANSPORTS)("is served over $name", async ({ transports }) => {
    const server = make();
    const io = new Server(server);
    opened.push(io);
    server.listen(0, hostname);
    await once(server, "listening");
    const connection = onceOf<[Socket]>(io, "connection");
    const client = await clients.connect(`https://${hostname}:${portOf(server)}`, {
      transports: [...transports],
      rejectUnauthorized: false,
    });
    const [socket] = await connection;
    expect(socket.handshake.secure).toBeTrue();
    expect(socket.handshake.address).toBe(hostname);
    client.on("echo", (value, reply) => reply(value));
    expect(await socket.emitWithAck("echo", Buffer.from("x"))).toEqual(Buffer.from("x"));
    const gone = onceOf(client, "disconnect");
    await io.close();
    await gone;
    expect(server.listening).toBeFalse();
  });
});

describe("a client of HTTP/2", () => {
  function ask(
    session: ClientHttp2Session,
    path: string,
    body?: string,
  ): Promise<{ status: unknown; headers: Record<string, unknown>; body: string }> {
    const stream = session.request({
      ":path": path,
      ":method": body === undefined ? "GET" : "POST",
    });
    stream.end(body);
    stream.setEncoding("utf8");
    return new Promise((resolve, reject) => {
      let text = "";
      let head: Record<string, unknown> = {};
      stream.on("response", (headers) => {
        head = headers;
      });
      stream.on("data", (chunk: string) => {
        text += chunk;
      });
      stream.on("end", () => resolve({ status: head[":status"], headers: head, body: text }));
      stream.on("error", reject);
    });
  }

  test("polls over it, and gets the client file and headers of middlewares", async () => {
    const server = createSecureServer({ ...tls, allowHTTP1: true }, (_request, response) => {
      response.end("page");
    });
    const io = new Server(server);
    opened.push(io);
    io.engine.use((_request, response, next) => {
      response.setHeader("x-own", "1");
      next();
    });
    const session = io.engine;
    session.on("connection", (conn) => conn.on("message", (data) => conn.send(data as string)));
    session.onSession = null;
    server.listen(0, hostname);
    await once(server, "listening");
    const client = connectHttp2(`https://${hostname}:${portOf(server)}`, {
      rejectUnauthorized: false,
    });
    opened.push({ close: () => client.close() });
    expect((await ask(client, "/page")).body).toBe("page");
    const file = await ask(client, "/socket.io/socket.io.min.js");
    expect([file.status, file.body.includes("Socket.IO")]).toEqual([200, true]);
    const open = await ask(client, "/socket.io/?EIO=4&transport=polling");
    expect([open.status, open.headers["x-own"]]).toEqual([200, "1"]);
    const { sid } = JSON.parse(open.body.slice(1));
    const path = `/socket.io/?EIO=4&transport=polling&sid=${sid}`;
    const poll = ask(client, path);
    const sent = await ask(client, path, "4hello");
    expect([sent.status, sent.body]).toEqual([200, "ok"]);
    expect((await poll).body).toBe("4hello");
    const ended = onceOf<[string]>(io.engine.clients[sid] ?? io, "close");
    const stream = client.request({ ":path": path });
    stream.on("error", () => {});
    stream.end();
    await Bun.sleep(50); // for the request to be there
    stream.close(8);
    expect((await ended)[0]).toBe("transport error");
    const refused = await ask(client, "/socket.io/?EIO=4&transport=none");
    expect([refused.status, JSON.parse(refused.body).code]).toEqual([400, 0]);
    const closing = io.close();
    client.close();
    await closing;
  });
});

test("a unix socket is served, whose clients have no address", async () => {
  const path = join(tmpdir(), `bun-socket.io-${process.pid}-${Date.now()}.sock`);
  const server = createHttpServer();
  const io = new Server(server);
  opened.push(io);
  server.listen(path);
  await once(server, "listening");
  const answer = await new Promise<string>((resolve, reject) => {
    const request = httpRequest(
      { socketPath: path, path: "/socket.io/?EIO=4&transport=polling" },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () => resolve(text));
      },
    );
    request.on("error", reject);
    request.end();
  });
  const { sid } = JSON.parse(answer.slice(1));
  expect(io.engine.clients[sid]?.remoteAddress).toBeUndefined();
  const connection = onceOf<[{ remoteAddress: unknown; transport: { name: string } }]>(
    io.engine,
    "connection",
  );
  const socket = connectTcp(path);
  socket.write(
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n" +
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
  );
  const [session] = await connection;
  expect([session.remoteAddress, session.transport.name]).toEqual([undefined, "websocket"]);
  socket.destroy();
  await io.close();
});
