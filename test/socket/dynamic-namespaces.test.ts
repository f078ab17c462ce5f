import { dynamicChildrenSuite } from "../suites/dynamic-children.ts";
import { dynamicNamespaceSuite } from "../suites/dynamic-namespaces.ts";
import { everywhere } from "../support/world.ts";

everywhere((world) => {
  dynamicNamespaceSuite(world);
  dynamicChildrenSuite(world);
});
