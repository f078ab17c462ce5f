import { afterEach, expect, test } from "bun:test";
import { Agent, request } from "node:http";
import { HOSTS } from "../support/hosts.ts";
import { exchange } from "../support/raw.ts";
import { requestWebSocket } from "../support/raw-websocket.ts";
import { overTheWire, packetsOf, until } from "../support/wire.ts";

const agents: Agent[] = [];
afterEach(() => {
  for (const agent of agents.splice(0)) {
    agent.destroy();
  }
});

/** A client of a real Node, whose agent believes what an answer says of its connection. */
const NODE_CLIENT = `
  const http = require("node:http");
  const [url, keepAlive, connection] = process.argv.slice(1);
  const agent = new http.Agent(keepAlive === "true" ? { keepAlive: true, maxSockets: 1 } : {});
  const headers = connection ? { connection } : {};
  const send = (query, method = "GET", body = "") => new Promise((resolve, reject) => {
    const req = http.request(url + query, { agent, method, headers }, (res) => {
      let text = "";
      res.setEncoding("utf8");
      res.on("data", (chunk) => { text += chunk; });
      res.on("end", () => resolve({ status: res.statusCode, connection: res.headers.connection, text }));
    });
    req.on("error", reject);
    req.end(body);
  });
  (async () => {
    const answers = [];
    for (let count = 0; count < 20; count++) {
      const handshake = await send("");
      const sid = "&sid=" + JSON.parse(handshake.text.slice(1)).sid;
      const post = await send(sid, "POST", "4ping");
      const poll = await send(sid);
      const end = await send(sid, "POST", "1");
      const error = await send(sid);
      answers.push([handshake, post, poll, end, error].map((answer) => [answer.status, answer.connection]));
    }
    agent.destroy();
    console.log(JSON.stringify(answers));
  })().catch((error) => { console.error(error); process.exit(1); });
`;

async function runNodeClient(
  url: string,
  keepAlive: boolean,
  connection: string,
): Promise<unknown> {
  const command = ["node", "-e", NODE_CLIENT, url, String(keepAlive), connection];
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
  const output = await new Response(child.stdout).text();
  expect(await child.exited).toBe(0);
  return JSON.parse(output);
}

// There is nothing to run where Node is not on PATH.
const testWithNode = test.skipIf(Bun.which("node") === null);

const STATUSES = [200, 200, 200, 200, 400];

overTheWire((wire) => {
  testWithNode.each([
    { title: "asks for every connection to be closed", keepAlive: true, connection: "close" },
    { title: "keeps no connection", keepAlive: false, connection: "" },
  ])(
    "20 sessions in a row work with a client of Node that $title",
    async ({ keepAlive, connection }) => {
      wire.start().on("connection", (session) => session.on("message", () => session.send("pong")));
      const answers = await runNodeClient(wire.running.url + wire.path(), keepAlive, connection);
      const row = STATUSES.map((status) => [status, "close"]);
      expect(answers).toEqual(Array.from({ length: 20 }, () => row));
      wire.expectNoSessions();
    },
  );

  testWithNode(
    "20 sessions in a row work with a client of Node that keeps its connection",
    async () => {
      wire.start().on("connection", (session) => session.on("message", () => session.send("pong")));
      const answers = await runNodeClient(wire.running.url + wire.path(), true, "keep-alive");
      const statuses = (answers as [number, string][][]).map((row) =>
        row.map(([status]) => status),
      );
      expect(statuses).toEqual(Array.from({ length: 20 }, () => STATUSES));
      wire.expectNoSessions();
    },
  );

  test("an agent of this runtime gets on with connections that are closed", async () => {
    wire.start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    agents.push(agent);
    for (let count = 0; count < 20; count++) {
      const status = await new Promise((resolve, reject) => {
        const headers = { Connection: "close" };
        const outgoing = request(wire.running.url + wire.path(), { agent, headers }, (incoming) => {
          incoming.resume();
          incoming.on("end", () => resolve(incoming.statusCode));
        });
        outgoing.on("error", reject);
        outgoing.end();
      });
      expect(status).toBe(200);
    }
    expect(wire.engine.clientsCount).toBe(20);
  });

  test("an answer to a request with Connection: close says so, and the connection ends", async () => {
    wire.start();
    for (const [path, status] of [
      [wire.path(), 200],
      [wire.path({ transport: "none" }), 400],
    ] as const) {
      const connection = wire.connect();
      connection.request("GET", path, { Connection: "close" });
      const answer = await connection.response();
      expect([answer.status, answer.headers.connection]).toEqual([status, "close"]);
      await connection.closed;
    }
  });

  test("requests one after another share a connection", async () => {
    wire.start();
    const connection = wire.connect();
    connection.request("GET", wire.path());
    const { sid } = JSON.parse((await connection.response()).body.slice(1));
    for (const message of ["4a", "4b", "4c"]) {
      connection.request("POST", wire.path({ sid }), {}, message);
      expect((await connection.response()).body).toBe("ok");
    }
    expect(connection.isClosed).toBe(false);
  });

  test("a handshake over HTTP/1.0 is answered, and the connection ends", async () => {
    wire.start();
    const connection = wire.connect();
    connection.write(`GET ${wire.path()} HTTP/1.0\r\nHost: x\r\n\r\n`);
    const answer = await connection.response();
    expect(answer.status).toBe(200);
    expect(answer.body[0]).toBe("0");
    await connection.closed;
    expect(wire.engine.clientsCount).toBe(1);
  });

  test("a request without a Host header ends in an answer or a closed connection", async () => {
    wire.start();
    const connection = wire.connect();
    connection.write(`GET ${wire.path()} HTTP/1.1\r\n\r\n`);
    const answer = await connection.response().catch(() => null);
    expect([null, 200, 400]).toContain(answer?.status ?? null);
  });

  test("what is no HTTP at all ends in an answer or a closed connection", async () => {
    wire.start();
    const connection = wire.connect();
    connection.write("\x16\x03\x01\x00\x05hello\r\n\r\n");
    const answer = await connection.response().catch(() => null);
    expect([null, 400]).toContain(answer?.status ?? null);
    wire.expectNoSessions();
  });

  test("a message that arrives byte by byte is put together", async () => {
    wire.start();
    const { sid, session } = await wire.openPolling();
    const message = new Promise((resolve) => session.once("message", resolve));
    const connection = wire.connect();
    const body = Buffer.from("4€uro");
    connection.request("POST", wire.path({ sid }), { "Transfer-Encoding": "chunked" });
    for (const byte of body) {
      connection.write(Buffer.from([0x31, 13, 10, byte, 13, 10]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    connection.write("0\r\n\r\n");
    expect((await connection.response()).body).toBe("ok");
    expect(await message).toBe("€uro");
  });

  test("two POSTs in one segment end in a defined state", async () => {
    wire.start();
    const { sid, session, ended } = await wire.openPolling();
    const messages: unknown[] = [];
    session.on("message", (data) => messages.push(data));
    const connection = wire.connect();
    const post = (body: string): string =>
      `POST ${wire.path({ sid })} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    connection.write(post("4one") + post("4two"));
    const bodies: string[] = [];
    const both = (async () => {
      while (bodies.length < 2) {
        bodies.push((await connection.response()).body);
      }
    })().catch(() => {});
    await Promise.race([both, ended]);
    // Either both are taken in turn, or the connection is closed, or the session is.
    if (session.readyState === "closed") {
      expect((await ended).reason).toBe("transport error");
    } else {
      expect(bodies.every((body) => body === "ok")).toBe(true);
      expect(messages).toEqual(["one", "two"].slice(0, messages.length));
      expect(messages.length).toBeGreaterThanOrEqual(bodies.length);
    }
  });

  test("a body that waits for 100 Continue is asked for and taken", async () => {
    wire.start();
    const { sid, session } = await wire.openPolling();
    const message = new Promise((resolve) => session.once("message", resolve));
    const connection = wire.connect();
    const expectation = { Expect: "100-continue", "Content-Length": "6" };
    connection.request("POST", wire.path({ sid }), expectation);
    const interim = await connection.response();
    expect(interim.status).toBe(100);
    connection.write("4hello");
    expect(await message).toBe("hello");
    expect((await connection.response()).body).toBe("ok");
  });

  test("a request pipelined behind a parked poll ends in a defined state", async () => {
    wire.start();
    const { sid, session, ended } = await wire.openPolling();
    const connection = wire.connect();
    connection.request("GET", wire.path({ sid }));
    await until(() => session.transport.writable);
    connection.request("POST", wire.path({ sid }), {}, "4behind");
    session.once("message", () => session.send("answer"));
    // Either both are answered in turn, or the connection is closed and the session with it.
    const poll = await Promise.race([connection.response().catch(() => null), ended]);
    if (poll === null || "reason" in poll) {
      expect((await ended).reason).toBe("transport error");
      wire.expectNoSessions();
    } else {
      expect([poll.status, poll.body]).toEqual([200, "4answer"]);
      expect((await connection.response()).body).toBe("ok");
    }
  });
});

overTheWire((wire) => {
  test("a refused upgrade closes its connection", async () => {
    wire.start();
    const { answer, connection } = await requestWebSocket(wire.port, wire.path({ EIO: "3" }));
    expect([answer.status, answer.headers.connection]).toEqual([400, "close"]);
    await connection.closed;
  });

  test("polls of many sessions can be parked at once", async () => {
    wire.start();
    const peers = await Promise.all(Array.from({ length: 50 }, () => wire.openPolling()));
    const answers = peers.map(({ sid }) => exchange(wire.port, "GET", wire.path({ sid })));
    await until(() => peers.every(({ session }) => session.transport.writable));
    for (const { session, sid } of peers) {
      session.send(sid);
    }
    const bodies = (await Promise.all(answers)).map(({ body }) => body);
    expect(bodies).toEqual(peers.map(({ sid }) => `4${sid}`));
  });

  test("a session lives on when its client uses another connection for each request", async () => {
    wire.start();
    const { sid, session } = await wire.openPolling();
    session.send("one");
    const first = await exchange(wire.port, "GET", wire.path({ sid }), { Connection: "close" });
    session.send("two");
    expect(first.body).toBe("4one");
    expect(await packetsOf(await wire.request({ sid }))).toEqual(["4two"]);
  });
}, HOSTS);
