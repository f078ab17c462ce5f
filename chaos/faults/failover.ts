// A master of a Redis Cluster dies, and its replica takes over.

import { Redis } from "ioredis";
import type { RedisServer } from "../../test/support/redis.ts";
import type { Fault } from "../fault.ts";
import type { Mode } from "../server/protocol.ts";
import type { World } from "../world.ts";
import { complete, during } from "./outages.ts";

/** What the nodes of a mode hang on: a key or sharded channel; null: where the subscribers are. */
const KEYS: Readonly<Record<Mode, string | null>> = {
  classic: null,
  sharded: "socket.io#/#",
  streams: "socket.io",
  recovery: "socket.io",
};

/** The master that hurts: the one that serves what the nodes hang on. */
async function masterToKill(world: World): Promise<RedisServer> {
  const key = KEYS[world.case.mode];
  for (const master of world.cluster.masters) {
    const client = new Redis({ port: master.port, host: "127.0.0.1" });
    try {
      if (key === null) {
        const [, patterns] = await Promise.all([client.ping(), client.pubsub("NUMPAT")]);
        if (Number(patterns) > 0) return master;
      } else {
        const slot = Number(await client.cluster("KEYSLOT", key));
        const slots = await client.cluster("SLOTS");
        const range = slots.find(([from, to]) => Number(from) <= slot && slot <= Number(to));
        if (Number(range?.[2]?.[1]) === master.port) return master;
      }
    } finally {
      client.disconnect();
    }
  }
  world.note("no master has the subscribers: a replica has them, and the first master was killed");
  const [first] = world.cluster.masters;
  if (!first) throw new Error("the cluster has no master");
  return first;
}

export const failover: Fault[] = [
  {
    name: "failover: a master of a cluster dies",
    modes: ["classic", "sharded", "streams", "recovery"],
    promised: complete,
    redis: "cluster",
    async run(world) {
      world.send();
      await world.hear();
      const master = await masterToKill(world);
      await during(
        world,
        () => master.kill(),
        () => world.cluster.settled(),
      );
    },
  },
];
