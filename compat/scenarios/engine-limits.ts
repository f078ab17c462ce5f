import { overTcp, RawPolling, RawWebSocket } from "../raw.ts";
import type { CompatServer, Scenario } from "../scenario.ts";

const LIMIT = 200;
const options = { maxHttpBufferSize: LIMIT };
const NOT_BUN_ENGINE = { "bun-engine": "it has the limit of its host" };

function length(io: CompatServer): void {
  io.on("connection", (socket) => {
    socket.on("text", (text: string) => socket.emit("length", text.length));
    socket.on("bytes", (bytes: Uint8Array) => socket.emit("length", bytes.length));
  });
}

/** A packet of so many bytes. */
function packetOf(bytes: number, character = "x"): string {
  const frame = '42["text",""]';
  const room = bytes - frame.length;
  const size = Buffer.byteLength(character);
  const text = character.repeat(Math.floor(room / size)) + "x".repeat(room % size);
  return `42["text","${text}"]`;
}

function overPolling(name: string, body: string): Scenario {
  return {
    name: `${name} (polling)`,
    options,
    server: length,
    not: NOT_BUN_ENGINE,
    async client(t) {
      const session = await RawPolling.join(t);
      await session.post(body);
      await session.post('42["text","still here"]');
      await session.poll();
    },
  };
}

function overWebSocket(
  name: string,
  messages: (string | Uint8Array<ArrayBuffer>)[],
  ends = false,
): Scenario {
  return {
    name: `${name} (websocket)`,
    options,
    server: length,
    not: NOT_BUN_ENGINE,
    async client(t) {
      const webSocket = await RawWebSocket.join(t);
      for (const message of messages) {
        webSocket.send(message);
      }
      if (!ends) {
        await webSocket.next();
        webSocket.close();
      }
      await webSocket.closed;
    },
  };
}

/** A body in chunks, which says nothing of its length before. */
function inChunks(name: string, bytes: number): Scenario {
  return {
    name,
    options,
    server: length,
    not: NOT_BUN_ENGINE,
    async client(t) {
      const session = await RawPolling.join(t);
      const [head, body] = [
        `POST ${session.path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`,
        packetOf(bytes),
      ];
      const half = body.slice(0, 100);
      const rest = body.slice(100);
      const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
      const answer = await overTcp(t, "chunks", `${head}${chunk(half)}${chunk(rest)}0\r\n\r\n`);
      t.log("status", answer.split("\r\n")[0]);
      await session.post('42["text","still here"]');
      await session.poll();
    },
  };
}

const announced = '451-["bytes",{"_placeholder":true,"num":0}]';

export const engineLimitScenarios: Scenario[] = [
  overPolling("a body as long as the limit is taken", packetOf(LIMIT)),
  overPolling(
    "a body longer than the limit is refused, and the session goes on",
    packetOf(LIMIT + 1),
  ),
  overPolling("the limit counts bytes, not characters: as long", packetOf(LIMIT, "€")),
  overPolling("the limit counts bytes, not characters: longer", packetOf(LIMIT + 1, "€")),
  overPolling(
    "the limit is that of a body, however many packets it has",
    `${packetOf(LIMIT / 2)}\x1e${packetOf(LIMIT / 2)}`,
  ),
  inChunks("a body in chunks may be as long as the limit", LIMIT),
  inChunks("a body in chunks that is longer than the limit is refused", LIMIT + 1),
  overWebSocket("a message as long as the limit is taken", [packetOf(LIMIT)]),
  overWebSocket("a message longer than the limit ends the session", [packetOf(LIMIT + 1)], true),
  overWebSocket("bytes as long as the limit are taken", [
    announced,
    new Uint8Array(LIMIT).fill(65),
  ]),
  overWebSocket(
    "bytes longer than the limit end the session",
    [announced, new Uint8Array(LIMIT + 1).fill(65)],
    true,
  ),
  overWebSocket("a packet of no type ends the session", ["x"], true),
  overWebSocket("an empty message ends the session", [""], true),
  overWebSocket("a ping of the client ends the session", ["2"], true),
  overWebSocket("broken JSON ends the session", ['42["text",'], true),
  overWebSocket("bytes nobody announced end the session", [new Uint8Array([1, 2])], true),
  {
    name: "a close packet over WebSocket, and a message behind it",
    server: length,
    async client(t) {
      const webSocket = await RawWebSocket.join(t);
      webSocket.send("1");
      webSocket.send(packetOf(20));
      await webSocket.next().catch(() => {}); // it may be closed
      webSocket.close();
      await webSocket.closed;
    },
  },
];
