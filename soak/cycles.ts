// The ways in which clients come, do something, and go: each is one cycle.

import { io as connectClient } from "socket.io-client";
import { Connection } from "../test/support/raw.ts";
import { RawClient } from "../test/support/raw-client.ts";

/** Comes and goes once. */
type Cycle = (url: string, index: number) => Promise<void>;

type Transport = "polling" | "websocket";

/** A session in `/` that has asked a question, and got the answer. */
async function join(url: string, transport: Transport, index: number): Promise<RawClient> {
  const client = await RawClient.open(url, transport);
  await client.connect();
  await client.send(`421["question",${index}]`);
  await client.next((packet) => packet === `431[${index}]`);
  return client;
}

/** Leaves by the ways that both transports have. */
function endings(transport: Transport): [string, Cycle][] {
  const enter =
    (leave: (client: RawClient, index: number) => Promise<unknown>): Cycle =>
    async (url, index) => {
      const client = await join(url, transport, index);
      await leave(client, index);
      client.close();
    };
  return [
    ["leaves the namespace", enter((client) => client.send("41"))],
    ["says nothing of it", enter((client) => (transport === "polling" ? client.send("1") : done))],
    ["is disconnected", enter(serverEnds("connection"))],
    ["is disconnected from the namespace", enter(serverEnds("namespace"))],
    ["has its session closed", enter(serverEnds("session"))],
    ["sends garbage", enter((client) => client.send("4garbage").then(() => client.closed))],
    ["owes acknowledgements", enter((client) => client.send('42["owe",3]', "41"))],
    [
      "joins two more namespaces",
      enter(async (client, index) => {
        await client.connect(`40/room-${index % 50},`);
        await client.connect("40/chat,");
        await client.send('42/chat,["tell all"]', '42["ask all"]', "41/chat,");
        await client.send("41");
      }),
    ],
  ];
}

const done = Promise.resolve();

function serverEnds(how: string): (client: RawClient) => Promise<unknown> {
  return async (client) => {
    await client.send(`42["leave","${how}"]`);
    await (how === "namespace" ? client.next((packet) => packet === "41") : client.closed);
  };
}

async function stock(url: string, transports: Transport[]): Promise<void> {
  const client = connectClient(url, { forceNew: true, reconnection: false, transports });
  await new Promise<void>((resolve, reject) => {
    client.on("connect", resolve);
    client.on("connect_error", reject);
  });
  await client.timeout(10_000).emitWithAck("question", new Uint8Array([1, 2, 3]));
  client.disconnect();
}

/** Opens a session over polling and returns its address. */
async function openPolling(url: string): Promise<string> {
  const endpoint = `${url}/socket.io/?EIO=4&transport=polling`;
  const { sid } = JSON.parse((await (await fetch(endpoint)).text()).slice(1)) as { sid: string };
  return `${endpoint}&sid=${sid}`;
}

function openWebSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url.replace("http", "ws").replace("polling", "websocket"));
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve(socket);
    socket.onerror = () => reject(new Error("the WebSocket was refused"));
  });
}

function closed(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.onclose = () => resolve();
  });
}

/** Probes a WebSocket for a session on polling. */
async function probe(url: string): Promise<WebSocket> {
  const candidate = await openWebSocket(await openPolling(url));
  const pong = new Promise<void>((resolve) => {
    candidate.onmessage = () => resolve();
  });
  candidate.send("2probe");
  await pong;
  return candidate;
}

/** The usual ways. */
const USUAL: [string, Cycle][] = [
  ...endings("websocket"),
  ...endings("polling"),
  [
    "a WebSocket is cut",
    async (url, index) => {
      const client = await RawClient.open(url, "websocket");
      await client.connect();
      await client.send(`427["question",${index}]`);
      client.close();
    },
  ],
  [
    "upgrades, and is closed",
    async (url) => {
      const candidate = await probe(url);
      candidate.send("5");
      candidate.send("40");
      candidate.send('42["leave","connection"]');
      await closed(candidate);
    },
  ],
  [
    "a WebSocket of Engine.IO 3",
    async (url) => {
      const address = `${url}/socket.io/?EIO=3&transport=polling`;
      const socket = await openWebSocket(address);
      const joined = new Promise<void>((resolve) => {
        socket.onmessage = ({ data }) => data === "40" && resolve();
      });
      await joined;
      socket.close();
    },
  ],
  ["the stock client", (url) => stock(url, ["polling", "websocket"])],
  ["the stock client, over WebSocket", (url) => stock(url, ["websocket"])],
];

/** Those in which the server has to wait for a timeout. */
const SLOW: [string, Cycle][] = [
  ["goes in the midst of an upgrade", async (url) => (await probe(url)).terminate()],
  ["never joins", async (url) => void (await openPolling(url))],
  ["never polls again", async (url) => void (await fetch(await openPolling(url), POST_CONNECT))],
  [
    "goes while it polls",
    async (url) => {
      const address = new URL(await openPolling(url));
      const connection = new Connection(Number(address.port));
      connection.request("GET", address.pathname + address.search);
      connection.write("GET /");
      connection.destroy();
    },
  ],
];

const POST_CONNECT = { method: "POST", body: "40" };
const SLOW_EVERY = 100;

/** How many ways there are. */
export const WAYS: readonly string[] = [...USUAL, ...SLOW].map(([name]) => name);

/** Comes and goes, by one way after the other. */
export async function cycle(url: string, index: number): Promise<void> {
  const isSlow = index % SLOW_EVERY === SLOW_EVERY - 1;
  const ways = isSlow ? SLOW : USUAL;
  const [name, run] = ways[(isSlow ? Math.floor(index / SLOW_EVERY) : index) % ways.length] ?? [];
  try {
    await run?.(url, index);
  } catch (error) {
    throw new Error(`the cycle "${name}" failed`, { cause: error });
  }
}
