import type { Room } from "./adapter.ts";

/** One room or several. */
export type Rooms = Room | Room[];

export function toList(rooms: Rooms): Room[] {
  return Array.isArray(rooms) ? rooms : [rooms];
}

/** The rooms and some more, in a set of their own. */
export function withRooms(rooms: ReadonlySet<Room>, more: Rooms): Set<Room> {
  const all = new Set(rooms);
  for (const room of toList(more)) {
    all.add(room);
  }
  return all;
}
