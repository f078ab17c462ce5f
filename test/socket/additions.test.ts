import { additionSuite } from "../suites/additions.ts";
import { HOSTS } from "../support/hosts.ts";
import { everywhere } from "../support/world.ts";

everywhere(additionSuite, HOSTS);
