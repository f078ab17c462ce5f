import { additionSuite } from "../suites/additions.ts";
import { listenerErrorSuite } from "../suites/listener-errors.ts";
import { HOSTS } from "../support/hosts.ts";
import { everywhere } from "../support/world.ts";

everywhere((world) => {
  additionSuite(world);
  listenerErrorSuite(world);
}, HOSTS);
