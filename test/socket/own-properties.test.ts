// Programs keep what they like on a socket. What this package adds to the reference's names is not in
// the way of that.

import { afterEach, describe, expect, test } from "bun:test";
import { Server as ReferenceServer, Socket as ReferenceSocket } from "socket.io";
import { io as connect } from "socket.io-client";
import { once } from "../support/clients.ts";
import { HOSTS, TRANSPORTS } from "../support/hosts.ts";
import { World } from "../support/world.ts";

/** Public names beyond the reference's; `pid` is its own, which it sets with recovery alone. */
const ADDITIONS = ["iterate", "pid", "signal"];

/** What programs may well put there, or what was once a name of ours. */
const NAMES = [
  ..."end feed flag hasListeners isKept onClose onConnect onError onPacket onRefused owed".split(
    " ",
  ),
  ..."params receive room session signal state token user username iterate".split(" "),
];

/** The names that an object has, its own and those of its classes. */
function namesOf(object: object): string[] {
  const names: string[] = [];
  for (let each = object; each !== Object.prototype; each = Object.getPrototypeOf(each)) {
    names.push(...Object.getOwnPropertyNames(each));
  }
  return names;
}

/** A socket of the reference. */
async function referenceNames(): Promise<string[]> {
  const io = new ReferenceServer(0);
  const connection = once(io, "connection");
  const { port } = io.httpServer.address() as { port: number };
  const client = connect(`http://127.0.0.1:${port}`);
  const [socket] = await connection;
  if (!(socket instanceof ReferenceSocket)) throw new TypeError("not a socket");
  const names = namesOf(socket);
  client.disconnect();
  await io.close();
  return names;
}

const [host] = HOSTS;
if (host === undefined) throw new Error("there is no host");

describe.each(TRANSPORTS)("over $name", ({ transports }) => {
  const world = new World(host, transports);
  afterEach(() => world.end());

  test("all that a socket has beyond the reference's begins with a low line, or is documented", async () => {
    world.start();
    const { socket } = await world.join();
    const known = new Set(await referenceNames());
    const names = namesOf(socket).filter((name) => !known.has(name) && !name.startsWith("_"));
    expect(names.sort()).toEqual(ADDITIONS);
  });

  test("a socket goes on working with properties of the program's own", async () => {
    world.start();
    const { socket, client } = await world.join();
    const other = await world.join();
    const own = Object.fromEntries(NAMES.map((name) => [name, { of: "the program", name }]));
    Object.assign(socket, own);
    expect(Object.fromEntries(NAMES.map((name) => [name, Reflect.get(socket, name)]))).toEqual(own);

    socket.on("question", (reply) => reply("answer"));
    expect(await client.emitWithAck("question")).toBe("answer");
    const heard = once(client, "all");
    const heardByOther = once(other.client, "rest");
    socket.nsp.emit("all");
    socket.broadcast.compress(false).emit("rest");
    await Promise.all([heard, heardByOther]);
    const gone = once(socket, "disconnect");
    client.disconnect();
    expect(await gone).toContain("client namespace disconnect");
  });

  test("a handshake that a program sets is the socket's", async () => {
    world.start();
    const { socket } = await world.join();
    const handshake = { ...socket.handshake, address: "192.0.2.1" };
    Object.assign(socket, { handshake });
    expect(socket.handshake).toBe(handshake);
    expect((await socket.nsp.fetchSockets()).map((each) => each.handshake.address)).toEqual([
      "192.0.2.1",
    ]);
  });
});
