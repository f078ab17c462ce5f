// A stock client for any runtime: `<runtime> echo-client.mjs <url> <transports>`. The server drives
// it: it sends back what it is sent. In the end it prints why it was disconnected.

import { io } from "socket.io-client";

const [url, transports] = process.argv.slice(2);
const client = io(url, { transports: transports.split(","), reconnection: false });

client.on("runtime", (reply) => reply(process.versions.bun ? "Bun" : "Node"));
client.on("transport", (reply) => {
  const { engine } = client.io;
  const answer = () => reply(engine.transport.name);
  if (engine.transport.name === transports.split(",").at(-1)) {
    answer();
  } else {
    engine.once("upgrade", answer);
  }
});
client.on("echo", (...args) => args.at(-1)(...args.slice(0, -1)));
client.on("emit", (...args) => client.emit(...args));
client.on("ask", async (...args) => {
  const reply = args.pop();
  reply(await client.timeout(10_000).emitWithAck(...args));
});
client.on("connect_error", (error) => {
  console.error(error);
  process.exit(1);
});
client.on("disconnect", (reason) => {
  console.log(reason);
  process.exit(0);
});
