// An engine whose middlewares wrap the answer with functions that throw, or break a header of it, in a process of its own:
// `bun test` would take what the runtime reports for a failure of the test.

import { HOSTS } from "./hosts.ts";
import { exchange } from "./raw.ts";
import { requestWebSocket } from "./raw-websocket.ts";

const host = HOSTS.find(({ name }) => name === process.argv[2]);
if (host === undefined) {
  throw new Error("there is no host of this name");
}

const reports: string[] = [];
process.on("uncaughtException", (error) => reports.push(error.message));

const { io, port, close } = host.start();
const { engine } = io;
engine.onSession = null;
engine.use((req, res, next) => {
  const { broken } = req._query;
  if (broken === "header") {
    res.setHeader("x-broken", "two\nlines");
  } else if (broken !== undefined) {
    const thrower = (): never => {
      throw new Error(broken);
    };
    Object.assign(res, { [broken]: thrower });
  }
  next();
});

const path = (query: string): string => `/socket.io/?EIO=4&${query}`;
const answers: unknown[] = [];
for (const query of ["broken=writeHead", "broken=end", "broken=header", ""]) {
  const polling = await exchange(port, "GET", path(`transport=polling&${query}`));
  const { answer, webSocket } = await requestWebSocket(port, path(`transport=websocket&${query}`));
  const refused = await requestWebSocket(port, path(`transport=none&${query}`));
  answers.push([query, polling.status, answer.status, refused.answer.status]);
  webSocket?.connection.destroy();
}
console.log(JSON.stringify({ answers, reports }));
await close();
process.exit(0);
