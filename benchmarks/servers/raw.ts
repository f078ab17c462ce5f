// A WebSocket server of Bun that speaks as much of the wire as the load needs, by hand: the floor.

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
  fetch: (request, self) =>
    self.upgrade(request, { data: { room: undefined } })
      ? undefined
      : new Response(null, { status: 404 }),
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
