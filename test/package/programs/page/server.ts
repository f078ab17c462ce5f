// Serves a page that `bun build` has made of index.html, and tells what it has got there.
import { Server } from "bun-socket.io";
import page from "./dist/index.html";

const io = new Server({ serveClient: false });
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  ...io.handler(),
  routes: { "/": page },
});
const html = await (await fetch(server.url)).text();
const [, script = ""] = /src="([^"]+)"/.exec(html) ?? [];
const text = await (await fetch(new URL(script, server.url))).text();
const handshake = await fetch(new URL("/socket.io/?EIO=4&transport=polling", server.url));
await io.close();
await server.stop(true);
console.log(
  JSON.stringify({ hasClient: text.includes("connect_error"), status: handshake.status }),
);
