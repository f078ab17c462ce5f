import { dynamicNamespaceSuite } from "../suites/dynamic-namespaces.ts";
import { everywhere } from "../support/world.ts";

everywhere(dynamicNamespaceSuite);
