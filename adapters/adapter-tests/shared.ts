// What the cases about sockets share.

import type { Socket } from "socket.io-client";
import type { Case } from "./cases.ts";
import type { Fleet } from "./fleet.ts";
import type { Member } from "./member.ts";
import type { Feature } from "./options.ts";
import { until } from "./waiting.ts";

/** Cases that need more than they say themselves. */
export function needing(needs: readonly Feature[], cases: readonly Case[]): Case[] {
  return cases.map((each) => ({ ...each, needs: [...needs, ...(each.needs ?? [])] }));
}

/** The clients but one. */
export function without(members: readonly Member[], member: Member | undefined): Member[] {
  return members.filter((other) => other !== member);
}

/** A client of each node in a room, one that is in none, and one that is in a quiet room as well. */
export async function inAndOut(fleet: Fleet): Promise<{
  members: Member[];
  outsider: Member;
  excepted: Member;
  room: string;
  quiet: string;
}> {
  const members = await fleet.connectEach();
  const outsider = await fleet.connect(0);
  const [room, quiet] = [fleet.name("room"), fleet.name("quiet")];
  await Promise.all(members.map((member) => member.join(room)));
  const excepted = await fleet.connect(fleet.nodes.length - 1);
  await excepted.join(room, quiet);
  return { members, outsider, excepted, room, quiet };
}

/** Holds whether a connection lives on: by its other namespace, which is asked something. */
export async function lives(fleet: Fleet, sibling: Socket, isAlive: boolean): Promise<void> {
  if (isAlive) {
    await sibling.timeout(fleet.deadlineMs).emitWithAck("set data", {});
  } else {
    await until(
      () => !sibling.connected,
      fleet.deadlineMs,
      () => "the connection is still there",
    );
  }
}
