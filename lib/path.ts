export { NamespacePath, path, type PathParams } from "./namespace-path.ts";
export type { PathNamespace, PathSocket } from "./path-namespace.ts";
