// Options of ioredis that silently break an adapter.

import type { Fault } from "../fault.ts";
import { ALL, complete, during } from "./outages.ts";

const OUTAGE_SECONDS = 3;
const HEARD_WITHIN_MS = 2000;

export const clientOptions: Fault[] = [
  {
    name: "ioredis with keyPrefix",
    modes: ALL,
    promised: complete,
    clientOptions: { keyPrefix: "app:" },
    async run(world) {
      world.send();
      await world.hear(HEARD_WITHIN_MS);
      world.began();
      world.healed();
      await world.last(1000);
      await world.finish();
    },
  },
  ...[0, 1, null].map(
    (maxRetriesPerRequest): Fault => ({
      name: `ioredis with maxRetriesPerRequest ${maxRetriesPerRequest}, Redis killed for 3 s`,
      modes: ALL,
      promised: complete,
      clientOptions: { maxRetriesPerRequest },
      run: (world) =>
        during(
          world,
          async () => {
            await world.redis.kill();
            await world.last((world.settings.seconds ?? OUTAGE_SECONDS) * 1000);
          },
          () => world.redis.restart(),
        ),
    }),
  ),
];
