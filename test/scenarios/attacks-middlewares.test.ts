// What a careless middleware of the engine can do: each request gets an answer, and nobody else feels it.

import { afterEach, describe, expect, test } from "bun:test";
import type { ServerResponse } from "node:http";
import { Clients } from "../support/clients.ts";
import { HOSTS } from "../support/hosts.ts";
import { Connection, exchange } from "../support/raw.ts";
import { requestWebSocket } from "../support/raw-websocket.ts";

const PATH = "/socket.io/?EIO=4&transport=";
const clients = new Clients();
afterEach(() => clients.closeAll());

type Fault = (response: ServerResponse) => unknown;

/** What JavaScript lets a program hand over, whatever the types say. */
function untyped(value: unknown): never {
  return value as never;
}

// node:http throws at these, which the reference does not catch.
const FAULTS: Record<string, Fault> = {
  "a line break in a header": (res) => res.setHeader("x-a", "a\r\nx-b: c").end("hi"),
  "a line break in one of several values": (res) => res.setHeader("x-a", ["a", "b\n"]).end("hi"),
  "a line break in a header's name": (res) => res.setHeader("x-a\r\nx-b", "c").end("hi"),
  "a header without a name": (res) => res.setHeader("", "c").end("hi"),
  "a header that is undefined": (res) => res.setHeader("x-a", untyped(undefined)).end("hi"),
  "a header of a status that is none": (res) => res.writeHead(9999, { "x-a": "b" }).end("hi"),
  "a status below all others": (res) => {
    res.statusCode = 99;
    res.end("hi");
  },
  "a status that is no number": (res) => {
    res.statusCode = Number.NaN;
    res.end("hi");
  },
  "a body that is a number": (res) => res.end(5),
  "a body that is an object": (res) => res.end({}),
};

describe.each(HOSTS)("with $name", ({ start, isNode }) => {
  test.each(Object.entries(FAULTS))("%s refuses the request", async (_name, fault) => {
    const running = start();
    const { port, url, io } = running;
    io.on("connection", (socket) => {
      socket.on("ask", (reply: (answer: string) => void) => reply("alive"));
    });
    const honest = await clients.connect(url, { transports: ["websocket"] });
    io.engine.use((_request, response) => fault(response));
    const polling = await exchange(port, "GET", `${PATH}polling`);
    expect([polling.status, polling.body]).toEqual([400, '{"code":3,"message":"Bad request"}']);
    const { answer } = await requestWebSocket(port, `${PATH}websocket`);
    expect([answer.status, answer.body]).toEqual([400, "Bad request"]);
    expect([polling.headers["x-b"], answer.headers["x-b"]]).toEqual([undefined, undefined]);
    expect(await honest.emitWithAck("ask")).toBe("alive");
    expect(io.engine.clientsCount).toBe(1);
    await running.close();
  });

  if (isNode) {
    test("an answer that a middleware begins, and then fails, is cut", async () => {
      const running = start();
      running.io.engine.use((_request, response, next) => {
        response.writeHead(200, { "Content-Length": 1000 });
        response.write("the first part");
        next(new Error("the second part is not to be had"));
      });
      const connection = new Connection(running.port);
      connection.request("GET", `${PATH}polling`);
      await connection.closed;
      await running.close();
    });
  }

  test("close() does not wait for a middleware that never decides on a WebSocket", async () => {
    const running = start();
    const { io } = running;
    const asked = new Promise<() => void>((resolve) => {
      io.engine.use((_request, _response, next) => resolve(next));
    });
    const connection = new Connection(running.port);
    connection.request("GET", `${PATH}websocket`, {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    });
    const decide = await asked;
    await running.close();
    decide();
    expect(io.engine.clientsCount).toBe(0);
    connection.destroy();
  });
});
