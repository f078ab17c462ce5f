import { recoveredClientSuite } from "../suites/recovered-clients.ts";
import { recoverySuite } from "../suites/recovery.ts";
import { everywhere } from "../support/world.ts";

everywhere((world) => {
  recoverySuite(world);
  recoveredClientSuite(world);
});
