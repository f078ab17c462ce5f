// A server of Bun that speaks as much of the wire as the load needs, by hand: the floor.

import { collectOnDemand } from "./collect.ts";
import { watchEventLoop } from "./event-loop.ts";

interface Data {
  room: string | undefined;
}

const OPEN =
  '0{"sid":"raw","upgrades":[],"pingInterval":300000,"pingTimeout":20000,"maxPayload":1000000}';
const QUIET = "quiet";

const quiet = new Set<Bun.ServerWebSocket<Data>>();

const server = Bun.serve<Data>({
  port: 0,
  hostname: "127.0.0.1",
  fetch(request, self) {
    if (request.headers.get("upgrade") === null) return answerPolling(request);
    const isUpgraded = self.upgrade(request, { data: { room: undefined } });
    return isUpgraded ? undefined : new Response(null, { status: 400 });
  },
  websocket: {
    idleTimeout: 0,
    sendPings: false,
    open(ws) {
      ws.send(OPEN);
    },
    message(ws, message) {
      if (typeof message !== "string") {
        ws.send(message); // the attachment of the event before it
      } else if (message.startsWith("40")) {
        join(ws, message.slice(2));
      } else {
        onPacket(ws, message);
      }
    },
  },
});

function join(ws: Bun.ServerWebSocket<Data>, auth: string): void {
  ws.subscribe("all");
  const room = auth === "" ? undefined : (JSON.parse(auth).room as string);
  if (room === QUIET) quiet.add(ws);
  else if (room !== undefined) {
    ws.data.room = room;
    ws.subscribe(`room ${room}`);
  }
  ws.send('40{"sid":"raw"}');
}

/** Of each client of long-polling, by its id: what waits for a poll, or the poll that waits. */
const pollers = new Map<string, { packets: string[]; answer: ((body: string) => void) | null }>();
const TEXT = {
  headers: { "Content-Type": "text/plain; charset=UTF-8", "Cache-Control": "no-store" },
};
const HTML = { headers: { "Content-Type": "text/html", "Cache-Control": "no-store" } };

function answerPolling(request: Request): Response | Promise<Response> {
  const { url } = request;
  const start = url.indexOf("&sid=");
  if (start === -1) {
    const sid = `p${pollers.size}`;
    pollers.set(sid, { packets: [], answer: null });
    return new Response(OPEN.replace('"raw"', `"${sid}"`), TEXT);
  }
  const poller = pollers.get(url.slice(start + "&sid=".length));
  if (poller === undefined) return new Response(null, { status: 400 });
  if (request.method === "GET") {
    if (poller.packets.length > 0) {
      return new Response(poller.packets.splice(0).join("\x1e"), TEXT);
    }
    return new Promise((resolve) => {
      poller.answer = (body) => resolve(new Response(body, TEXT));
    });
  }
  return request.text().then((body) => {
    const reply =
      body === "40" ? '40{"sid":"raw"}' : `42${JSON.stringify(JSON.parse(body.slice(2)))}`;
    if (poller.answer === null) poller.packets.push(reply);
    else {
      const { answer } = poller;
      poller.answer = null;
      answer(reply);
    }
    return new Response("ok", HTML);
  });
}

function onPacket(ws: Bun.ServerWebSocket<Data>, message: string): void {
  const start = message.indexOf("[");
  const [event, payload] = JSON.parse(message.slice(start));
  if (event === "ack") {
    ws.send(`43${message.slice(2, start)}${JSON.stringify([payload])}`);
    return;
  }
  const packet = `${message.slice(0, start)}${JSON.stringify([event, payload])}`;
  switch (event) {
    case "all":
      server.publish("all", packet, false);
      break;
    case "room":
      ws.publish(`room ${ws.data.room}`, packet, false);
      break;
    case "except":
      for (const each of quiet) each.unsubscribe("all");
      server.publish("all", packet, false);
      for (const each of quiet) each.subscribe("all");
      break;
    default:
      ws.send(packet);
  }
}

console.log(`port ${server.port}`);
watchEventLoop();
collectOnDemand();
