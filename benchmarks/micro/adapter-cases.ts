// The adapter of one node beside the reference's: whom a broadcast goes to, and joining and leaving.
// The sockets do nothing but count what is written to them, and none is reached by a topic of Bun: it
// is the choice of the targets that is measured, with the one encoding that a broadcast needs.

import { type Packet, PacketType } from "socket.io-parser";
import { Adapter as ReferenceAdapter } from "socket.io-adapter";
import { Encoder } from "socket.io-parser";
import type { BroadcastOptions } from "../../adapters/adapter.ts";
import { Adapter } from "../../adapters/memory.ts";
import type { Candidate, Comparison } from "./timing.ts";

/** What both adapters have, as far as it is measured. */
interface BenchAdapter {
  addAll(id: string, rooms: Set<string>): unknown;
  del(id: string, room: string): unknown;
  delAll(id: string): unknown;
  broadcast(packet: Packet, options: BroadcastOptions & { except: Set<string> }): unknown;
}

/** Sockets in rooms, behind one adapter. */
export class World {
  readonly adapter: BenchAdapter;
  /** How often something was written to a socket. */
  written = 0;

  /**
   * @param isOurs whose adapter
   * @param sockets how many sockets there are, with ids from "0"
   * @param roomsOf the rooms of each
   */
  constructor(isOurs: boolean, sockets: number, roomsOf: (index: number) => string[]) {
    const ids = Array.from({ length: sockets }, (_, index) => String(index));
    const client = {
      writeToEngine: (): void => {
        this.written++;
      },
    };
    const entries = ids.map(
      (id) => [id, { id, client, notifyOutgoingListeners(): void {} }] as const,
    );
    const server = { encoder: new Encoder(), opts: {} };
    const namespace = { name: "/", sockets: new Map(entries), server, _ids: 0 };
    // Neither adapter asks for more than that here.
    this.adapter = isOurs
      ? (new Adapter(namespace as never) as BenchAdapter)
      : (new ReferenceAdapter(namespace as never) as unknown as BenchAdapter);
    for (const [index, id] of ids.entries()) {
      void this.adapter.addAll(id, new Set([id, ...roomsOf(index)]));
    }
  }
}

const PACKET: Packet = { type: PacketType.EVENT, nsp: "/", data: ["event", "x".repeat(64)] };

function both(
  sockets: number,
  roomsOf: (index: number) => string[],
  run: (world: World, index: number) => void,
): Candidate[] {
  return [true, false].map((isOurs) => {
    const world = new World(isOurs, sockets, roomsOf);
    return {
      name: isOurs ? "bun-socket.io" : "socket.io-adapter",
      run(times) {
        for (let index = 0; index < times; index++) run(world, index);
        return world.written;
      },
    };
  });
}

function broadcasting(
  title: string,
  sockets: number,
  roomsOf: (index: number) => string[],
  target: { rooms?: string[]; except?: string[] } | ((index: number) => { rooms: string[] }),
): Comparison {
  return {
    title: `broadcast: ${title}`,
    candidates: both(sockets, roomsOf, ({ adapter }, index) => {
      const { rooms, except } =
        typeof target === "function" ? { ...target(index), except: [] } : target;
      // The parser writes the namespace of its own into the packet, so each is a new one.
      adapter.broadcast({ ...PACKET }, { rooms: new Set(rooms), except: new Set(except) });
    }),
  };
}

const alone = (): string[] => [];
const inOneOf =
  (rooms: number) =>
  (index: number): string[] => [`room ${index % rooms}`];
const inHalves = (index: number): string[] => [index % 2 ? "odd" : "even", "all"];

export const ADAPTER_COMPARISONS: readonly Comparison[] = [
  broadcasting("to all of 500", 500, alone, {}),
  broadcasting("to a room of 500 of 1000", 1000, inHalves, { rooms: ["odd"] }),
  broadcasting("to all of 500 but a room of 5", 500, inOneOf(100), { except: ["room 7"] }),
  broadcasting("to a room of 1000 but another of 500 in it", 1000, inHalves, {
    rooms: ["all"],
    except: ["odd"],
  }),
  broadcasting("to three rooms of 500, 500 and 1000, which overlap", 1000, inHalves, {
    rooms: ["odd", "even", "all"],
  }),
  broadcasting("to five rooms of 10, of 1000 rooms", 10_000, inOneOf(1000), (index) => ({
    rooms: Array.from({ length: 5 }, (_, each) => `room ${(index + each) % 1000}`),
  })),
  broadcasting("to twenty rooms of 10, of 1000 rooms", 10_000, inOneOf(1000), (index) => ({
    rooms: Array.from({ length: 20 }, (_, each) => `room ${(index + each) % 1000}`),
  })),
  broadcasting("to a room of 10, of 1000 rooms", 10_000, inOneOf(1000), (index) => ({
    rooms: [`room ${index % 1000}`],
  })),
  broadcasting("to one socket of 10,000, by its id", 10_000, alone, (index) => ({
    rooms: [String(index % 10_000)],
  })),
  broadcasting("to five sockets of 10,000, by their ids", 10_000, alone, (index) => ({
    rooms: Array.from({ length: 5 }, (_, each) => String((index + each) % 10_000)),
  })),
  broadcasting("to a room that nobody is in", 1000, alone, { rooms: ["nobody"] }),
  {
    title: "rooms: join one and leave it",
    candidates: both(1000, alone, ({ adapter }, index) => {
      const id = String(index % 1000);
      void adapter.addAll(id, new Set(["room"]));
      void adapter.del(id, "room");
    }),
  },
  {
    title: "rooms: a socket comes, joins three rooms, and goes",
    candidates: both(1000, inHalves, ({ adapter }, index) => {
      const id = `new ${index % 1000}`;
      void adapter.addAll(id, new Set([id, "odd", "all", "third"]));
      adapter.delAll(id);
    }),
  },
];
