// Adapters, as types: a class, a function, and what one does with a namespace's.
import { type Namespace, Server } from "socket.io";
import { Adapter } from "socket.io-adapter";
import { type Equal, expectType } from "../expect.ts";

class Mine extends Adapter {
  override serverCount(): Promise<number> {
    return Promise.resolve(1);
  }
}

export function adapters(): void {
  new Server({ adapter: Adapter });
  new Server({ adapter: Mine });
  new Server({ adapter: (nsp: Namespace) => new Mine(nsp) });
  const io = new Server({ adapter: (nsp) => new Mine(nsp.name) });
  io.adapter(Mine).adapter((nsp) => new Adapter(nsp));
  io.adapter();
  // @ts-expect-error it makes no adapter
  new Server({ adapter: () => "none" });
  // @ts-expect-error it makes no adapter
  io.adapter(Date);
}

export async function inUse(namespace: Namespace): Promise<void> {
  const { adapter } = namespace;
  const rooms: Map<string, Set<string>> = adapter.rooms;
  const sids: Map<string, Set<string>> = adapter.sids;
  expectType<Equal<typeof adapter.rooms, Map<string, Set<string>>>>();
  for (const [room, ids] of rooms) [room.toUpperCase(), ids.size.toFixed()];
  sids.get("id")?.has("room");
  adapter.on("create-room", (room) => room);
  adapter.on("delete-room", (room: string) => room);
  adapter.on("join-room", (room, id) => [room, id]);
  const ids = await adapter.sockets(new Set(["room"]));
  expectType<Equal<typeof ids, Set<string>>>();
  expectType<Equal<ReturnType<typeof adapter.serverCount>, Promise<number>>>();
  expectType<Equal<ReturnType<typeof adapter.socketRooms>, Set<string> | undefined>>();
  adapter.broadcast(
    { type: 2, nsp: "/", data: ["event"] },
    { rooms: new Set(), except: new Set() },
  );
  const [first] = await adapter.fetchSockets({ rooms: new Set() });
  first.id.toUpperCase();
  await adapter.addAll("id", new Set(["room"]));
  await adapter.del("id", "room");
  adapter.delAll("id");
  adapter.addSockets({ rooms: new Set() }, ["room"]);
  adapter.disconnectSockets({ rooms: new Set() }, true);
  adapter.serverSideEmit(["event", 1]);
}
