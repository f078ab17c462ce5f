import { namespaceSuite } from "../suites/namespaces.ts";
import { everywhere } from "../support/world.ts";

everywhere(namespaceSuite);
