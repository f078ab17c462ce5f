// Sockets of which a server knows the details alone, as it does of those of another server.

import { expect, test } from "bun:test";
import { Adapter, type BroadcastOptions, RemoteSocket, type Server } from "bun-socket.io";
import { once } from "../support/clients.ts";
import { departed, type Pair, type World } from "../support/world.ts";

/** Tells of its own sockets what another server would tell. */
class DistantAdapter extends Adapter {
  override async fetchSockets(options: BroadcastOptions): ReturnType<Adapter["fetchSockets"]> {
    const sockets = await super.fetchSockets(options);
    return sockets.map(({ id, handshake, rooms, data }) => ({
      id,
      handshake,
      rooms: [...rooms],
      data,
    }));
  }
}

type Distant = Awaited<ReturnType<Server["fetchSockets"]>>[number];

async function fetchOne(world: World): Promise<Pair & { distant: Distant }> {
  const io = world.start({ adapter: DistantAdapter });
  const pair = await world.join("/", { auth: { user: "alice" }, query: { token: "t" } });
  await pair.socket.join("r1");
  pair.socket.data.name = "alice";
  const [distant] = await io.in("r1").fetchSockets();
  if (distant === undefined) {
    throw new Error("there is no socket");
  }
  return { ...pair, distant };
}

export function remoteSocketSuite(world: World): void {
  test("know their id, handshake, rooms and data", async () => {
    const { socket, distant } = await fetchOne(world);
    if (!world.isReference) {
      expect(distant).toBeInstanceOf(RemoteSocket);
    }
    expect(distant.id).toBe(socket.id);
    expect(distant.rooms).toEqual(new Set([socket.id, "r1"]));
    expect(distant.rooms).not.toBe(socket.rooms);
    expect(distant.data).toEqual({ name: "alice" });
    expect(distant.handshake.auth).toEqual({ user: "alice" });
    expect(distant.handshake.query.token).toBe("t");
  });

  test("can be emitted to, made to join and leave, and disconnected", async () => {
    const { client, socket, distant } = await fetchOne(world);
    const hello = once(client, "hello");
    expect(distant.emit("hello", 1, Buffer.from("x"))).toBeTrue();
    expect(await hello).toEqual([1, Buffer.from("x")]);
    distant.join("r2");
    distant.join(["r3", "r4"]);
    distant.leave("r1");
    expect(socket.rooms).toEqual(new Set([socket.id, "r2", "r3", "r4"]));
    const gone = once(client, "disconnect");
    expect(distant.disconnect()).toBe(distant);
    expect((await gone)[0]).toBe("io server disconnect");
  });

  test("answer with their one response, bare", async () => {
    const { client, distant } = await fetchOne(world);
    client.on("question", (reply) => reply("answer", "more"));
    expect(await distant.timeout(5000).emitWithAck("question")).toBe("answer");
    const response = new Promise<unknown[]>((resolve) => {
      distant.timeout(5000).emit("question", (...args: unknown[]) => resolve(args));
    });
    expect(await response).toEqual([null, "answer"]);
  });

  test("give an error and null when they do not answer in time", async () => {
    const pair = await fetchOne(world);
    const [error, response] = await new Promise<unknown[]>((resolve) => {
      pair.distant.timeout(10).emit("unanswered", (...args: unknown[]) => resolve(args));
    });
    expect((error as Error).message).toBe("operation has timed out");
    expect(response).toBeNull();
    await departed(pair);
  });

  test("refuse reserved events", async () => {
    const { distant } = await fetchOne(world);
    expect(() => distant.emit("disconnect")).toThrow('"disconnect" is a reserved event name');
  });
}
