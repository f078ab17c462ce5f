// bun-socket.io/metrics: what is counted is what has happened, and the text is OpenMetrics.

import { afterEach, describe, expect, spyOn, test } from "bun:test";
import { Server } from "bun-socket.io";
import { Adapter, type AdapterNamespace } from "bun-socket.io/adapter";
import { defineContract, withContract } from "bun-socket.io/contract";
import { collectMetrics, type MetricSnapshot, type Metrics } from "bun-socket.io/metrics";
import { z } from "zod";
import { Clients, connected, once } from "../support/clients.ts";
import { HOSTS, portOf, TRANSPORTS } from "../support/hosts.ts";
import { arrived, departed, World } from "../support/world.ts";
import { parseOpenMetrics } from "./open-metrics.ts";

const [host] = HOSTS;
if (host === undefined) throw new Error("there is no host");

/** The values of a metric, by their labels in one text. */
function values(metric: MetricSnapshot): Record<string, number> {
  const rows =
    metric.type === "histogram"
      ? metric.distributions.map(({ labels, count }) => ({ labels, value: count }))
      : metric.samples;
  return Object.fromEntries(rows.map(({ labels, value }) => [Object.values(labels).join(), value]));
}

function of(metrics: Metrics, name: keyof ReturnType<Metrics["snapshot"]>): Record<string, number> {
  return values(metrics.snapshot()[name]);
}

describe.each(TRANSPORTS)("over $name", ({ transports }) => {
  const world = new World(host, transports);
  afterEach(() => world.end());

  test("counts connections, events, bytes and acknowledgements", async () => {
    const io = world.start();
    const metrics = collectMetrics(io);
    io.of("/other");
    io.on("connection", (socket) => socket.on("add", (a, b, reply) => reply(a + b)));
    const pair = await world.join();
    const other = await world.joinOver(pair.client, "/other");
    const [first = "", last = ""] = [transports[0], transports.at(-1)];
    expect(of(metrics, "connections")).toEqual({ [first]: 1 });
    expect(of(metrics, "sessions")).toEqual({ [last]: 1 });
    expect(of(metrics, "upgrades")).toEqual(transports.length === 2 ? { websocket: 1 } : {});
    expect(of(metrics, "sockets")).toEqual({ "/": 1, "/other": 1 });

    expect(await pair.client.emitWithAck("add", 1, 2)).toBe(3);
    pair.client.on("question", (reply) => reply("answer"));
    expect(await pair.socket.emitWithAck("question")).toBe("answer");
    await pair.socket.join(["a", "b"]);
    io.to("a").emit("news");
    await arrived(pair);
    expect(of(metrics, "events")).toEqual({ "in,/": 1, "out,/": 3 });
    expect(of(metrics, "acks")).toEqual({ in: 1, out: 1 });
    expect(of(metrics, "ack_seconds")).toEqual({ in: 1, out: 1 });
    expect(of(metrics, "rooms")).toEqual({ "/": 2, "/other": 0 });

    const before = of(metrics, "traffic_bytes");
    const packets = of(metrics, "packets");
    pair.client.emit("bytes", Buffer.alloc(1_000));
    await departed(pair);
    const after = of(metrics, "traffic_bytes");
    expect((after.in ?? 0) - (before.in ?? 0)).toBeWithin(1_050, 1_200);
    expect(after.out).toBe(before.out as number);
    expect((of(metrics, "packets").in ?? 0) - (packets.in ?? 0)).toBe(3);

    other.client.disconnect();
    await once(other.socket, "disconnect");
    const ended = once(pair.socket.conn, "close");
    pair.client.io.engine.close();
    await ended;
    expect(of(metrics, "disconnections")).toEqual({ "transport close": 1 });
    expect(of(metrics, "sessions")).toEqual({});
    expect(of(metrics, "sockets_connected")).toEqual({ "/": 1, "/other": 1 });
  });
});

describe("over WebSocket", () => {
  const world = new World(host, ["websocket"]);
  afterEach(() => world.end());

  test("counts acknowledgements that do not come, and errors by code", async () => {
    const metrics = collectMetrics(world.start({ allowEIO3: false }));
    const { client, socket } = await world.join();
    await socket
      .timeout(1)
      .emitWithAck("nobody answers")
      .catch(() => {});
    expect(of(metrics, "ack_timeouts")).toEqual({ "": 1 });
    expect(of(metrics, "acks")).toEqual({});
    await fetch(`${world.running.url}/socket.io/?EIO=4&transport=carrier`);
    await fetch(`${world.running.url}/socket.io/?EIO=4&transport=polling&sid=none`);
    expect(of(metrics, "connection_errors")).toEqual({ "0,": 1, "1,": 1 });
    expect(client.connected).toBe(true);
  });

  test("counts each client's acknowledgement of a broadcast, and those that do not come", async () => {
    const io = world.start();
    const metrics = collectMetrics(io);
    const [first, second, third] = await world.joinMany(3);
    for (const pair of [first, second]) pair?.client.on("question", (reply) => reply(1));
    expect(await io.except(third?.socket.id ?? "").emitWithAck("question")).toEqual([1, 1]);
    expect(of(metrics, "acks")).toEqual({ in: 2 });
    expect(of(metrics, "ack_seconds")).toEqual({ in: 2 });
    expect(of(metrics, "ack_timeouts")).toEqual({ "": 0 });
    const { promise, resolve } = Promise.withResolvers<unknown[]>();
    io.timeout(200).emit("question", (...result: unknown[]) => resolve(result));
    expect(await promise).toEqual([expect.objectContaining({ code: "ERR_ACK_TIMEOUT" }), [1, 1]]);
    expect(of(metrics, "acks")).toEqual({ in: 4 });
    expect(of(metrics, "ack_timeouts")).toEqual({ "": 1 });
  });

  test("counts an acknowledgement of a listener once, however often it is called", async () => {
    const io = world.start();
    const metrics = collectMetrics(io);
    io.on("connection", (socket) =>
      socket.on("ask", (reply) => {
        reply(1);
        reply(2);
      }),
    );
    const { client } = await world.join();
    expect(await client.emitWithAck("ask")).toBe(1);
    expect(of(metrics, "acks")).toEqual({ out: 1 });
    expect(of(metrics, "ack_seconds")).toEqual({ out: 1 });
  });

  test("counts those who are not let into a namespace, by who refuses and the code", async () => {
    class FailingAdapter extends Adapter {
      override addAll(id: string, rooms: Set<string>): void {
        if (this.nsp.name === "/broken") throw new Error("no rooms");
        super.addAll(id, rooms);
      }
    }
    const warn = spyOn(process, "emitWarning").mockImplementation(() => {});
    try {
      const io = world.start({
        limits: { namespacesPerConnection: 3 },
        adapter: (nsp: AdapterNamespace) => new FailingAdapter(nsp),
      });
      const metrics = collectMetrics(io);
      io.of("/bare").use((_socket, next) => next(new Error("not you")));
      io.of("/coded").use((_socket, next) =>
        next(Object.assign(new Error("not you"), { data: { code: "TOKEN_EXPIRED" } })),
      );
      io.of("/broken");
      for (const name of ["/other", "/more"]) io.of(name);
      const { client } = await world.join();
      for (const name of ["/bare", "/coded", "/coded", "/broken", "/none"]) {
        const socket = client.io.socket(name);
        await once(socket, "connect_error");
        socket.disconnect();
      }
      for (const name of ["/other", "/more"]) await connected(client.io.socket(name));
      await once(client.io.socket("/too many"), "connect_error");
      expect(of(metrics, "connect_errors")).toEqual({
        "middleware,,/bare": 1,
        "middleware,TOKEN_EXPIRED,/coded": 2,
        "adapter,,/broken": 1,
        "namespace,,": 1,
        "limit,ERR_LIMIT_EXCEEDED,": 1,
      });
    } finally {
      warn.mockRestore();
    }
  });

  test("counts packets that cannot be read and events that are refused, by the code", async () => {
    const io = world.start();
    const metrics = collectMetrics(io);
    const add = { input: z.number() };
    withContract(io.of("/strict"), defineContract({ clientToServer: { add }, serverToClient: {} }));
    io.on("connection", (socket) =>
      socket.use(([name], next) => {
        if (name === "coded") next(Object.assign(new Error("no"), { data: { code: 7 } }));
        else if (name === "bare") next(new Error("no"));
        else next();
      }),
    );
    const pair = await world.join();
    const strict = await world.joinOver(pair.client, "/strict");
    strict.client.emit("add", "one");
    pair.client.emit("coded").emit("bare").emit("bare");
    await departed(pair);
    expect(of(metrics, "socket_errors")).toEqual({
      "INVALID_PAYLOAD,/strict": 1,
      "7,/": 1,
      ",/": 2,
    });
    const ended = once(pair.socket, "disconnect");
    pair.client.io.engine.write("no packet");
    await ended;
    expect(of(metrics, "socket_errors")).toMatchObject({
      "ERR_INVALID_PACKET,/": 1,
      "ERR_INVALID_PACKET,/strict": 1,
    });
  });

  test("counts what is refused for a limit, by the limit", async () => {
    const io = world.start({ limits: { connections: 1, namespacesPerConnection: 1 } });
    const metrics = collectMetrics(io);
    io.of("/other");
    const { client } = await world.join();
    const poll = `${world.running.url}/socket.io/?EIO=4&transport=polling`;
    for (let i = 0; i < 2; i++) expect((await fetch(poll)).status).toBe(503);
    await once(client.io.socket("/other"), "connect_error");
    expect(of(metrics, "limits_exceeded")).toEqual({ connections: 2, namespacesPerConnection: 1 });
    expect(of(metrics, "connection_errors")).toEqual({ "6,LIMIT_EXCEEDED": 2 });
    expect(io.engine.refusals).toMatchObject({ connections: 2, namespacesPerConnection: 1 });
  });

  test("measures the heartbeat", async () => {
    const metrics = collectMetrics(world.start({ pingInterval: 10 }));
    const { socket } = await world.join();
    await once(socket.conn, "heartbeat");
    expect(of(metrics, "heartbeat_seconds")[""]).toBeGreaterThan(0);
  });

  test("tells what the adapter counts", async () => {
    class CountingAdapter extends Adapter {
      readonly stats = { outbox: { dropped: 3, waiting: 1 }, lost: 2, name: "no number" };
    }
    const adapter = (nsp: AdapterNamespace) => new CountingAdapter(nsp);
    const metrics = collectMetrics(world.start({ adapter }));
    expect(of(metrics, "adapter_stats")).toEqual({
      "/,outbox.dropped": 3,
      "/,outbox.waiting": 1,
      "/,lost": 2,
    });
    expect(of(metrics, "adapter_drops")).toEqual({}); // of this adapter, nothing is known
  });

  test("measures how long other nodes take to answer, and those that do not", async () => {
    let answer: (error: Error | null, responses: unknown[]) => void = () => {};
    class DistantAdapter extends Adapter {
      override serverSideEmit([, callback]: [string, ...unknown[]]): void {
        answer = callback as typeof answer;
        asked.resolve();
      }
    }
    const asked = Promise.withResolvers<void>();
    const adapter = (nsp: AdapterNamespace) => new DistantAdapter(nsp);
    const metrics = collectMetrics(world.start({ adapter }), { lagIntervalMs: 5 });
    await asked.promise;
    metrics.stop();
    answer(null, []); // no other nodes
    expect(of(metrics, "adapter_lag_seconds")).toEqual({});
    answer(null, [undefined]);
    expect(of(metrics, "adapter_lag_seconds")).toEqual({ "": 1 });
    answer(new Error("partial"), []);
    expect(of(metrics, "adapter_lag_failures")).toEqual({ "": 1 });
  });

  test("asks nobody where the adapter is that of one node", async () => {
    const warn = spyOn(console, "warn").mockImplementation(() => {});
    try {
      const io = world.start({ connectionStateRecovery: {} });
      const metrics = collectMetrics(io, { lagIntervalMs: 1 });
      let ticks = 0;
      await new Promise<void>((resolve) => {
        const timer = setInterval(() => {
          if (++ticks === 10) {
            clearInterval(timer);
            resolve();
          }
        }, 1);
      });
      expect(warn).not.toHaveBeenCalled();
      expect(of(metrics, "adapter_lag_failures")).toEqual({ "": 0 });
    } finally {
      warn.mockRestore();
    }
  });

  test("asks nobody once the server is closed, and asks again when it listens again", async () => {
    let asked = 0;
    let onAsked = (): void => {};
    class DistantAdapter extends Adapter {
      override serverSideEmit(): void {
        asked++;
        onAsked();
      }
    }
    const nextAsked = () => new Promise<void>((resolve) => (onAsked = resolve));
    const io = new Server({
      hostname: "127.0.0.1",
      adapter: (nsp: AdapterNamespace) => new DistantAdapter(nsp),
    });
    const clients = new Clients();
    try {
      io.listen(0);
      const metrics = collectMetrics(io, { lagIntervalMs: 1 });
      await nextAsked();
      await io.close();
      const before = asked;
      await Bun.sleep(20);
      expect(asked).toBe(before);
      io.listen(0);
      await clients.connect(`http://127.0.0.1:${portOf(io.httpServer)}`);
      await nextAsked();
      metrics.stop();
    } finally {
      clients.closeAll();
      await io.close();
    }
  });

  test("leaves broadcasts to Bun's publish where what goes out is not to be counted", async () => {
    const io = world.start();
    const metrics = collectMetrics(io, { outgoing: false });
    const pairs = await world.joinMany(2);
    expect(pairs.map(({ socket }) => socket._feed !== null)).toEqual([true, true]);
    io.emit("news");
    await arrived(...pairs);
    expect(of(metrics, "events")).toEqual({});
    expect(of(metrics, "connections")).toEqual({ websocket: 2 });
  });

  test("has a bound to the names that clients choose", async () => {
    const io = world.start();
    const metrics = collectMetrics(io);
    io.of(/^\/room-/);
    const { client } = await world.join();
    for (let n = 0; n < 205; n++) await world.joinOver(client, `/room-${n}`);
    const counted = of(metrics, "sockets_connected");
    expect(Object.keys(counted)).toHaveLength(201);
    expect(counted.other).toBe(6);
  });

  test("writes text that a strict reader of OpenMetrics takes", async () => {
    const io = world.start();
    const metrics = collectMetrics(io, { prefix: "app_" });
    io.of('/a"b\\c\nd');
    io.on("connection", (socket) => socket.on("add", (a, b, reply) => reply(a + b)));
    const { client } = await world.join();
    await client.emitWithAck("add", 1, 2);
    const response = metrics.response();
    expect(response.headers.get("content-type")).toBe(
      "application/openmetrics-text; version=1.0.0; charset=utf-8",
    );
    const families = parseOpenMetrics(await response.text());
    expect([...families.keys()]).toEqual(
      Object.keys(metrics.snapshot()).map((name) => `app_${name}`),
    );
    expect(families.get("app_connections")?.samples.get('_total{transport="websocket"}')).toBe(1);
    expect(families.get("app_ack_seconds")?.samples.get('_count{direction="out"}')).toBe(1);
    const namespaces = [...(families.get("app_sockets")?.samples.keys() ?? [])];
    expect(namespaces).toContain('{namespace="/a\\"b\\\\c\\nd"}');
  });

  test.each([{ prefix: "1 " }, { outgoing: 1 as never }, { lagIntervalMs: -1 }])(
    "refuses the options %p",
    (options) => {
      expect(() => collectMetrics(new Server(), options)).toThrow(
        expect.objectContaining({ code: "ERR_INVALID_OPTION" }),
      );
    },
  );
});

describe("the strict reader", () => {
  test.each([
    ["no end", "# TYPE a counter\na_total 1\n"],
    ["a counter without _total", "# TYPE a counter\na 1\n# EOF\n"],
    ["a sample of nothing", "a_total 1\n# EOF\n"],
    ["a sample that comes twice", "# TYPE a gauge\na 1\na 1\n# EOF\n"],
    ["a label that is not quoted", '# TYPE a gauge\na{b="c"d"} 1\n# EOF\n'],
    ["a unit of another name", "# TYPE a gauge\n# UNIT a seconds\na 1\n# EOF\n"],
    [
      "buckets without an end",
      '# TYPE a histogram\na_bucket{le="1.0"} 1\na_count 1\na_sum 1\n# EOF\n',
    ],
  ])("refuses %s", (_, text) => {
    expect(() => parseOpenMetrics(text)).toThrow();
  });
});
