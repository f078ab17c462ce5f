// A WebSocket server of Bun that speaks as much of the wire as the load needs, by hand: the floor.

const OPEN =
  '0{"sid":"raw","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}';

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: (request, self) =>
    self.upgrade(request) ? undefined : new Response(null, { status: 404 }),
  websocket: {
    idleTimeout: 0,
    sendPings: false,
    open(ws) {
      ws.subscribe("all");
      ws.send(OPEN);
    },
    message(ws, message) {
      const text = String(message);
      if (text === "40") {
        ws.send('40{"sid":"raw"}');
        return;
      }
      const [event, payload] = JSON.parse(text.slice(2));
      const packet = `42${JSON.stringify([event, payload])}`;
      if (event === "all") {
        server.publish("all", packet, false);
      } else {
        ws.send(packet);
      }
    },
  },
});

console.log(`port ${server.port}`);

export {};
