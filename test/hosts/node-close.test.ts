// What keeps a server of node:http from closing, and what does not.

import { afterEach, describe, expect, test } from "bun:test";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { Server } from "bun-socket.io";
import { Clients } from "../support/clients.ts";
import { portOf } from "../support/hosts.ts";
import { Connection } from "../support/raw.ts";

const hostname = "127.0.0.1";
const HALF_A_HEAD = "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nX-";
const clients = new Clients();
const connections: Connection[] = [];

afterEach(() => {
  clients.closeAll();
  for (const connection of connections.splice(0)) {
    connection.destroy();
  }
});

async function serve(httpServer = createServer((_request, response) => response.end("page"))) {
  const io = new Server(httpServer);
  httpServer.listen(0, hostname);
  await once(httpServer, "listening");
  const port = portOf(httpServer);
  const connect = (): Connection => {
    const connection = new Connection(port);
    connections.push(connection);
    return connection;
  };
  return { io, httpServer, port, connect };
}

describe("io.close() with a server of node:http", () => {
  test("does not wait for a client that has sent half of a request's head", async () => {
    const { io, httpServer, connect } = await serve();
    const connected = once(httpServer, "connection");
    const connection = connect();
    connection.write(HALF_A_HEAD);
    await connected;
    await io.close();
    await connection.closed;
    expect(httpServer.listening).toBeFalse();
  });

  test("nor for one that has sent half of a second, behind the answer to the first", async () => {
    const { io, connect } = await serve();
    const connection = connect();
    connection.request("GET", "/");
    expect((await connection.response()).body).toBe("page");
    connection.write(HALF_A_HEAD);
    await Bun.sleep(20); // nothing tells when it is there; without it the test could not fail
    await io.close();
    await connection.closed;
  });

  test("waits for the answers of the application", async () => {
    const requested = Promise.withResolvers<ServerResponse>();
    const { io, connect } = await serve(
      createServer((_request, response) => requested.resolve(response)),
    );
    const connection = connect();
    connection.request("GET", "/");
    const response = await requested.promise;
    response.writeHead(200, { "Content-Length": 10 });
    response.write("half ");
    let isClosed = false;
    const closed = io.close().then(() => {
      isClosed = true;
    });
    await Bun.sleep(50);
    expect(isClosed).toBeFalse();
    response.end("whole");
    expect((await connection.response()).body).toBe("half whole");
    await closed;
  });

  test("ends its sessions over WebSocket in order", async () => {
    const { io, port } = await serve();
    const client = await clients.connect(`http://${hostname}:${port}`, {
      transports: ["websocket"],
    });
    const got = new Promise((resolve) => client.on("last", resolve));
    io.emit("last", "words");
    const gone = new Promise((resolve) => client.once("disconnect", resolve));
    await Promise.all([io.close(), gone]);
    expect(await got).toBe("words");
  });
});

test("half of a head is waited for as long as the server's headersTimeout says, with 408", async () => {
  const httpServer = createServer({ connectionsCheckingInterval: 20 });
  httpServer.headersTimeout = 40;
  const { io, connect } = await serve(httpServer);
  const connection = connect();
  connection.write(HALF_A_HEAD);
  expect((await connection.response()).status).toBe(408);
  await connection.closed;
  await io.close();
});

test("io.close() with a server of node:https does not wait for half of a head either", async () => {
  const pem = await Bun.file(`${import.meta.dir}/../support/tls.pem`).text();
  const { io, httpServer, port } = await serve(createHttpsServer({ key: pem, cert: pem }));
  const connected = once(httpServer, "connection");
  const socket = await Bun.connect({
    hostname,
    port,
    tls: { rejectUnauthorized: false },
    socket: { data() {}, open: (self) => void self.write(HALF_A_HEAD) },
  });
  await connected;
  await io.close();
  socket.end();
  expect(httpServer.listening).toBeFalse();
});
