// Whom a broadcast to several rooms reaches: few rooms and many are looked through in ways of their own.

import { expect, test } from "bun:test";
import { Encoder, PacketType } from "socket.io-parser";
import { Adapter as ReferenceAdapter } from "socket.io-adapter";
import { Adapter } from "../../adapters/memory.ts";
import { makeRandom } from "../support/broadcast-program.ts";

interface AnyAdapter {
  addAll(id: string, rooms: Set<string>): unknown;
  del(id: string, room: string): unknown;
  delAll(id: string): unknown;
  broadcast(packet: object, options: { rooms: Set<string>; except: Set<string> }): unknown;
}

const SOCKETS = Array.from({ length: 60 }, (_, index) => `socket ${index}`);
const ROOMS = Array.from({ length: 24 }, (_, index) => `room ${index}`);

/** Sockets that note down who is sent something, behind an adapter of either package. */
class Group {
  readonly adapter: AnyAdapter;
  readonly sockets = new Map<string, object>();
  /** Called before something is written to a socket, as its outgoing listeners are. */
  onOutgoing: (id: string) => void = () => {};
  reached: string[] = [];

  constructor(isOurs: boolean) {
    for (const id of SOCKETS) {
      const client = { writeToEngine: () => this.reached.push(id) };
      const notifyOutgoingListeners = (): void => this.onOutgoing(id);
      this.sockets.set(id, { id, client, notifyOutgoingListeners });
    }
    const server = { encoder: new Encoder(), opts: {} };
    const namespace = { name: "/", sockets: this.sockets, server, _ids: 0 };
    this.adapter = (isOurs
      ? new Adapter(namespace as never)
      : new ReferenceAdapter(namespace as never)) as unknown as AnyAdapter;
  }

  broadcast(rooms: readonly string[], except: readonly string[] = []): string[] {
    this.reached = [];
    const packet = { type: PacketType.EVENT, nsp: "/", data: ["event"] };
    this.adapter.broadcast(packet, { rooms: new Set(rooms), except: new Set(except) });
    return this.reached;
  }
}

test.each([1, 2, 3])("reaches whom the reference does, in its order (seed %i)", (seed) => {
  const random = makeRandom(seed);
  const some = (names: readonly string[], share: number): string[] =>
    names.filter(() => random() < share);
  const [ours, reference] = [new Group(true), new Group(false)];
  for (const id of SOCKETS) {
    const rooms = [id, ...some(ROOMS, 0.1)];
    for (const { adapter } of [ours, reference]) {
      void adapter.addAll(id, new Set(rooms));
    }
  }
  const sizes = new Set<number>();
  for (let round = 0; round < 300; round++) {
    const rooms = some([...ROOMS, "nobody's", ...SOCKETS.slice(0, 3)], random());
    const except = some([...ROOMS, ...SOCKETS], random() * 0.1);
    expect(ours.broadcast(rooms, except)).toEqual(reference.broadcast(rooms, except));
    sizes.add(rooms.length);
  }
  expect(Math.max(...sizes)).toBeGreaterThan(20);
  expect([1, 2, 3, 8, 9].filter((size) => !sizes.has(size))).toEqual([]);
});

test.each([2, 8, 9, 24])(
  "of %i rooms, those who leave one in the midst are reached once, and those who go not at all",
  (count) => {
    const group = new Group(true);
    for (const id of SOCKETS) {
      void group.adapter.addAll(id, new Set([id, ...ROOMS]));
    }
    const [first, second, third] = SOCKETS as [string, string, string];
    group.onOutgoing = (id) => {
      void group.adapter.del(id, ROOMS[0] as string);
      if (id === first) {
        group.adapter.delAll(second);
        group.sockets.delete(second);
        void group.adapter.del(third, ROOMS[0] as string);
      }
    };
    expect(group.broadcast(ROOMS.slice(0, count))).toEqual(SOCKETS.filter((id) => id !== second));
  },
);
