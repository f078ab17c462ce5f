// A program whose listener throws at a message that comes over WebTransport. It prints what was
// reported and what came behind.

import { Engine } from "bun-socket.io/engine";
import { WebTransportPeer } from "./webtransport.ts";

const report = new Promise<string>((resolve) => {
  process.on("uncaughtException", (error: Error) => resolve(error.message));
});

const engine = new Engine();
const messages: unknown[] = [];
const over = new Promise<void>((resolve) => {
  engine.on("connection", (session) => {
    session.on("message", (data) => {
      messages.push(data);
      if (data === "2") {
        resolve();
        return;
      }
      throw new Error("the user's");
    });
  });
});
const peer = await WebTransportPeer.connect(engine);
peer.send({ type: "open" }, { type: "message", data: "1" }, { type: "message", data: "2" });
await peer.next();
await over;
engine.close();
await peer.session.closed;
console.log(JSON.stringify({ report: await report, messages }));
