// A program of which one half imports `socket.io`, and the other requires it.
import { createRequire } from "node:module";
import * as all from "socket.io";
import { Namespace, Server, Socket } from "socket.io";

const required = createRequire(import.meta.url)("socket.io");
const { default: asDefault, ...named } = await import("./interop.cjs");
console.log(
  JSON.stringify({
    same: [
      required.Server === Server,
      required.Namespace === Namespace,
      required.Socket === Socket,
    ],
    missing: Object.entries(all).filter(([name, value]) => required[name] !== value),
    interop: [asDefault === required, typeof named],
    asModule: required.__esModule ?? null,
    version: createRequire(import.meta.url)("socket.io/package.json").name,
  }),
);
