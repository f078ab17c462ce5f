// Attacks whole sessions of a server in a process of its own: requests, payloads, frames and packets, in
// any order, cut anywhere, ended anyhow.

import { Connection } from "../test/support/raw.ts";
import { encodeFrame, OPCODES } from "../test/support/raw-websocket.ts";
import { Witnesses } from "../test/support/witnesses.ts";
import { mutate } from "./mutate.ts";
import { Random } from "./random.ts";
import { encodeMessagePack } from "./targets.ts";

const STEP_MS = 250;
const AT_ONCE = 8;
const LIMIT_BYTES = 20_000;

/** The options of the server: small limits and short times, so that they are met. */
const OPTIONS = {
  pingInterval: 500,
  pingTimeout: 2_500,
  connectTimeout: 2_500,
  upgradeTimeout: 2_500,
  maxHttpBufferSize: LIMIT_BYTES,
  allowEIO3: true,
  perMessageDeflate: true,
  httpCompression: true,
  cleanupEmptyChildNamespaces: true,
};

const PACKETS = [
  ...[
    "40",
    "41",
    "40/chat,",
    '40/chat,{"t":1}',
    "40/dynamic-a,",
    "40/slow,",
    "40/none,",
    "1",
    "2",
    "3",
  ],
  ...[
    '42["ask"]',
    '421["ask"]',
    '422["echo",{"a":[1,"é"]}]',
    '42["relay",[[1]]]',
    '42["join","r"]',
  ],
  ...[
    '42["owe"]',
    '430["x"]',
    '451-["echo",{"_placeholder":true,"num":0}]',
    "bAQID",
    "2probe",
    "5",
  ],
  ...['42["owe binary"]', '461-0[{"_placeholder":true,"num":0}]', '42/chat,1["ask"]', "41/chat,"],
].map((packet) => Buffer.from(packet));

/** The same for a server that speaks MessagePack. */
const BINARY_PACKETS = [
  ...[
    { type: 0, nsp: "/" },
    { type: 0, nsp: "/chat", data: { t: 1 } },
    { type: 1, nsp: "/" },
  ],
  ...[
    { type: 2, nsp: "/", data: ["ask"], id: 1 },
    { type: 3, nsp: "/", data: ["x"], id: 0 },
  ],
  ...[{ type: 2, nsp: "/", data: ["echo", { a: [1, "é", null] }, Buffer.from([1])], id: 2 }],
  ...[
    { type: 2, nsp: "/", data: ["owe"] },
    { type: 2, nsp: "/", data: ["relay", [[1.5]]] },
  ],
].map(encodeMessagePack);

const QUERIES = [
  ...["EIO=4&transport=polling", "EIO=4&transport=websocket", "EIO=3&transport=polling&j=0"],
  ...[
    "EIO=4&transport=polling&sid=x",
    "EIO=3&transport=websocket",
    "EIO=4&transport=polling&b64=1",
  ],
].map((query) => Buffer.from(query));

/** Waits for what may never come. */
function soon<Value>(promise: Promise<Value>): Promise<Value | null> {
  return Promise.race([promise.catch(() => null), Bun.sleep(STEP_MS).then(() => null)]);
}

/** One client that means no good. */
class Attacker {
  readonly #port: number;
  readonly #random: Random;
  /** Whether it speaks MessagePack. */
  readonly #isBinary: boolean;
  readonly #connections: Connection[] = [];

  constructor(port: number, random: Random, isBinary: boolean) {
    this.#port = port;
    this.#random = random;
    this.#isBinary = isBinary;
  }

  async run(): Promise<void> {
    const ways = [this.#http, this.#polling, this.#polling, this.#webSocket, this.#webSocket];
    await this.#random.pick([...ways, this.#upgrade]).call(this);
    for (const connection of this.#connections) {
      if (this.#random.oneIn(3)) {
        connection.reset();
      } else {
        connection.destroy();
      }
    }
  }

  // The ports of one address would be used up within seconds.
  #connect(): Connection {
    const isLinux = process.platform === "linux"; // where each address of 127.0.0.0/8 is there
    const from = isLinux ? `127.0.0.${2 + Math.floor(Math.random() * 250)}` : undefined;
    const connection = new Connection(this.#port, from);
    this.#connections.push(connection);
    return connection;
  }

  #packet(): Buffer {
    const packets = this.#isBinary ? BINARY_PACKETS : PACKETS;
    return this.#random.oneIn(2) ? this.#random.pick(packets) : mutate(packets, this.#random);
  }

  /** Several packets, apart as in one revision of the protocol or the other. */
  #payload(isOld: boolean): Buffer {
    const packets = Array.from({ length: 1 + this.#random.below(5) }, () =>
      this.#isBinary ? `b${this.#packet().toString("base64")}` : `${this.#packet()}`,
    );
    const text = isOld
      ? packets.map((packet) => `${packet.length}:${packet}`).join("")
      : packets.join("\u001e");
    const bytes = Buffer.from(text);
    const copies = this.#random.oneIn(20) ? 1 + this.#random.below(400) : 1;
    return Buffer.concat(Array.from({ length: copies }, () => bytes));
  }

  /** Writes bytes, in two parts at times. */
  #write(connection: Connection, bytes: Buffer): void {
    if (this.#random.oneIn(4)) {
      const cut = this.#random.below(bytes.length + 1);
      connection.write(bytes.subarray(0, cut));
      connection.write(bytes.subarray(cut));
    } else {
      connection.write(bytes);
    }
  }

  #request(method: string, query: string, body: Buffer, type = "text/plain"): Connection {
    const connection = this.#connect();
    const lines = [`${method} /socket.io/?${query} HTTP/1.1`, "Host: x", `Content-Type: ${type}`];
    if (this.#random.oneIn(10)) {
      lines.push("Accept-Encoding: gzip", "Connection: close", "Origin: http://a.example");
    }
    const isChunked = this.#random.oneIn(6);
    lines.push(isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${body.length}`);
    const content = isChunked
      ? Buffer.concat([
          Buffer.from(`${body.length.toString(16)}\r\n`),
          body,
          Buffer.from("\r\n0\r\n\r\n"),
        ])
      : body;
    this.#write(connection, Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), content]));
    return connection;
  }

  /** A request that need not be one. */
  async #http(): Promise<void> {
    const random = this.#random;
    const query = mutate(QUERIES, random).toString("latin1").replaceAll(/[\s#]/g, "%20");
    const method = random.pick(["GET", "GET", "POST", "OPTIONS", "PUT", "HEAD", "BREW"]);
    const body = random.oneIn(2) ? Buffer.alloc(0) : this.#payload(false);
    if (random.oneIn(4)) {
      const head = Buffer.from(`${method} /socket.io/?${query} HTTP/1.1\r\nHost: x\r\n\r\n`);
      this.#write(this.#connect(), mutate([head], random));
    } else {
      await soon(this.#request(method, query, body).response());
    }
  }

  /** Opens a session over polling; null where that failed. */
  async #open(isOld: boolean): Promise<string | null> {
    const query = `EIO=${isOld ? 3 : 4}&transport=polling`;
    const answer = await soon(this.#request("GET", query, Buffer.alloc(0)).response());
    const sid = /"sid":"([^"]+)"/.exec(answer?.body ?? "")?.[1];
    return sid === undefined ? null : `${query}&sid=${sid}`;
  }

  async #polling(): Promise<void> {
    const random = this.#random;
    const isOld = random.oneIn(4);
    const query = await this.#open(isOld);
    if (query === null) {
      return;
    }
    const type = isOld && random.oneIn(3) ? "application/octet-stream" : "text/plain";
    const waiting: Promise<unknown>[] = [];
    if (!isOld && random.oneIn(2)) {
      await soon(this.#request("POST", query, this.#connectPacket()).response());
    }
    for (let count = random.below(6); count > 0; count--) {
      const isPoll = random.oneIn(3);
      const body = isPoll ? Buffer.alloc(0) : this.#payload(isOld);
      const connection = this.#request(isPoll ? "GET" : "POST", query, body, type);
      const answer = soon(connection.response());
      if (random.oneIn(5)) {
        connection.reset();
      } else if (random.oneIn(2) && !isPoll) {
        await answer;
      }
      waiting.push(answer);
    }
    const close = this.#request("POST", query, Buffer.from(isOld ? "1:1" : "1"));
    await Promise.all([...waiting, soon(close.response())]);
  }

  /** As it is over polling. */
  #connectPacket(): Buffer {
    const [packet] = BINARY_PACKETS;
    return Buffer.from(this.#isBinary ? `b${packet?.toString("base64")}` : "40");
  }

  #frame(): Buffer {
    const random = this.#random;
    if (random.oneIn(12)) {
      return mutate(PACKETS, random); // no frame at all
    }
    const isOdd = random.oneIn(6);
    const isBinary = this.#isBinary !== random.oneIn(5);
    const opcode = isOdd ? random.below(16) : isBinary ? OPCODES.binary : OPCODES.text;
    const frame = {
      opcode,
      payload: this.#packet(),
      fin: !random.oneIn(12),
      rsv: random.oneIn(15) ? random.below(8) : 0,
    };
    const bytes = encodeFrame(frame, !random.oneIn(25));
    return random.oneIn(15) ? mutate([bytes], random) : bytes;
  }

  async #frames(connection: Connection): Promise<void> {
    for (let count = this.#random.below(8); count > 0; count--) {
      this.#write(connection, this.#frame());
      if (this.#random.oneIn(4)) {
        await Bun.sleep(1);
      }
    }
    if (this.#random.oneIn(3)) {
      connection.end();
    }
    await Bun.sleep(1);
  }

  #upgradeRequest(query: string): Connection {
    const connection = this.#connect();
    const lines = [
      `GET /socket.io/?${query} HTTP/1.1`,
      "Host: x",
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ];
    if (this.#random.oneIn(2)) {
      lines.push("Sec-WebSocket-Extensions: permessage-deflate");
    }
    connection.write(`${lines.join("\r\n")}\r\n\r\n`);
    return connection;
  }

  async #webSocket(): Promise<void> {
    const query = `EIO=${this.#random.oneIn(5) ? 3 : 4}&transport=websocket`;
    const connection = this.#upgradeRequest(query);
    if (!this.#random.oneIn(5)) {
      await soon(connection.response()); // the frames come right behind the request otherwise
    }
    if (!this.#random.oneIn(5)) {
      const [packet = Buffer.alloc(0)] = this.#isBinary ? BINARY_PACKETS : PACKETS;
      const opcode = this.#isBinary ? OPCODES.binary : OPCODES.text;
      connection.write(encodeFrame({ opcode, payload: packet }));
    }
    await this.#frames(connection);
  }

  async #upgrade(): Promise<void> {
    const query = await this.#open(false);
    if (query === null) {
      return;
    }
    const connection = this.#upgradeRequest(query.replace("polling", "websocket"));
    await soon(connection.response());
    for (const packet of ["2probe", "5"]) {
      if (!this.#random.oneIn(4)) {
        connection.write(encodeFrame({ opcode: OPCODES.text, payload: Buffer.from(packet) }));
      }
    }
    const poll = this.#random.oneIn(2) ? this.#request("GET", query, Buffer.alloc(0)) : null;
    await this.#frames(connection);
    const post = this.#request("POST", query, Buffer.from("1"));
    await Promise.all([soon(post.response()), poll === null ? null : soon(poll.response())]);
  }
}

/** What a run came to. */
export interface SessionRun {
  sessions: number;
  /** What was touched, though it may not, and by which of the sessions; null where nothing was. */
  failure: { first: number; last: number; problems: string[] } | null;
}

const BATCH = 40;

/**
 * Attacks a server, and looks after each batch of sessions whether it and its honest clients are well, and
 * in the end whether anything is left.
 *
 * @param site one of the hosts of `witnesses.ts`, and whether it speaks MessagePack
 * @param seed session number n of a seed does the same each time
 * @param goesOn asked with the number of sessions
 */
export async function fuzzSessions(
  site: { host: string; msgpack?: boolean },
  seed: number,
  goesOn: (sessions: number) => boolean,
): Promise<SessionRun> {
  const witnesses = new Witnesses();
  await witnesses.start({ ...site, options: OPTIONS });
  try {
    let sessions = 0;
    do {
      const first = sessions;
      const work = async (): Promise<void> => {
        while (sessions < first + BATCH) {
          const number = sessions++;
          const random = new Random(Math.imul(seed, 2_654_435_761) + number);
          await new Attacker(witnesses.victim.port, random, site.msgpack === true).run();
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      const problems = await witnesses.problems().catch((error: Error) => [error.message]);
      if (problems.length > 0) {
        return { sessions, failure: { first, last: sessions - 1, problems } };
      }
    } while (goesOn(sessions));
    await Promise.race([
      witnesses.whenAlone(),
      Bun.sleep(30_000).then(() => {
        throw new Error("something of the attackers is left");
      }),
    ]);
    return { sessions, failure: null };
  } finally {
    await witnesses.end();
  }
}
