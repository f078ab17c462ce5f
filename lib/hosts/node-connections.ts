import { Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** The connections of a server, and the last answer over each; null before the first request. */
type Connections = Map<Socket, ServerResponse | null>;

const watched = new WeakMap<object, Connections>();

/**
 * Watches the connections of a server, for {@link endConnections}. A second time does nothing, nor
 * for a server of node:http2, whose connections carry many requests.
 *
 * @param server the server
 */
export function watchConnections(server: object): void {
  if (!(server instanceof Server) || watched.has(server)) {
    return;
  }
  const connections: Connections = new Map();
  watched.set(server, connections);
  server.on("connection", (socket: Socket) => {
    connections.set(socket, null);
    socket.once("close", () => connections.delete(socket));
  });
  onceUpgraded(server, (socket) => connections.delete(socket)); // it is somebody's WebSocket
}

/**
 * Tells of connections that are upgraded. Where nobody listens to that, a server takes the requests for
 * plain ones, and has to go on doing so.
 */
function onceUpgraded(server: Server, onUpgrade: (socket: Socket) => void): void {
  const listen = (): void => {
    server.on("upgrade", ({ socket }) => onUpgrade(socket));
  };
  if (server.listenerCount("upgrade") > 0) {
    listen();
    return;
  }
  const onListener = (event: string | symbol): void => {
    if (event === "upgrade") {
      server.off("newListener", onListener);
      listen();
    }
  };
  server.on("newListener", onListener);
}

/** A request has come to a server. */
export function onRequest(server: object, socket: Socket, response: ServerResponse): void {
  watched.get(server)?.set(socket, response);
}

/**
 * Ends the connections of a server that closes: at once where nothing is under way, else behind the
 * answer. It would wait for them, also where a client has begun a request and does not end its head, or
 * keeps the connection for further requests.
 */
export function endConnections(server: object): void {
  for (const [socket, response] of watched.get(server) ?? []) {
    if (response === null || response.writableFinished) {
      socket.destroy();
    } else {
      response.once("close", () => socket.destroy());
    }
  }
}
