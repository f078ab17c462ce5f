import { emptyNamespaceSuite } from "../suites/empty-namespaces.ts";
import { everywhere } from "../support/world.ts";

everywhere(emptyNamespaceSuite);
