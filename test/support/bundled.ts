// A program that is bundled and run where its packages are not: see regressions.test.ts.

import type { AddressInfo } from "node:net";
import { Server } from "bun-socket.io";

const io = new Server(0, { hostname: "127.0.0.1" });
const url = `http://127.0.0.1:${(io.httpServer?.address() as AddressInfo | undefined)?.port}/socket.io/`;
const handshake = await fetch(`${url}?EIO=4&transport=polling`);
const file = await fetch(`${url}socket.io.js`);
console.log(`handshake ${handshake.status}, client file ${file.status}`);
await io.close();
