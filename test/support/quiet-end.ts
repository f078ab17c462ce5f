// A program that uses all that keeps timers, closes its server, and then has nothing left to do: it
// has to end by itself. It prints what it saw.

import { io as connect } from "socket.io-client";
import { once } from "./clients.ts";
import { HOSTS } from "./hosts.ts";

const host = HOSTS.find(({ name }) => name === process.argv[2]) ?? HOSTS[0];
if (host === undefined) {
  throw new Error("there is no host");
}
const { io, url, close } = host.start({
  connectionStateRecovery: { maxDisconnectionDuration: 600_000 },
  cleanupEmptyChildNamespaces: true,
  connectTimeout: 600_000,
  ackTimeout: 600_000,
});
io.of(/^\/dynamic-/);
io.of((_name, _auth, _next) => {}); // never decides

const main = connect(url, { reconnection: false, forceNew: true });
const child = main.io.socket("/dynamic-1");
const undecided = main.io.socket("/undecided");
await Promise.all([once(main, "connect"), once(child, "connect")]);
for (const client of [main, child]) {
  client.on("question", (reply) => reply("answer"));
}
const answers = [
  ...(await io.emitWithAck("question")),
  ...(await io.of("/dynamic-1").timeout(600_000).emitWithAck("question")),
];
for (const socket of io.sockets.sockets.values()) {
  answers.push(await socket.emitWithAck("question"));
}
io.emit("kept for those that come back");

// One connection that is lost, and one that is there until the end
const lost = connect(url, { reconnection: false, forceNew: true });
await once(lost, "connect");
const gone = once([...io.sockets.sockets.values()].at(-1) ?? io, "disconnect");
lost.io.engine.close();
await gone;
// And a session that joins no namespace
const mute = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
await mute.text();

await close();
undecided.disconnect();
main.disconnect();
console.log(`${answers.length} answers, ${io.engine.clientsCount} sessions`);
