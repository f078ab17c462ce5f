// The program of a project with the module settings of 2015: named, namespace and default imports.
import io from "bun-socket.io";
import * as all from "bun-socket.io";
import type { Server, Socket } from "bun-socket.io";
import type { Socket as DeepSocket } from "bun-socket.io/dist/socket";
import type { DefaultEventsMap } from "bun-socket.io/dist/typed-events";

const server: Server = io(0, { serveClient: false });
server.on("connection", (socket: Socket<DefaultEventsMap>) => {
  const deep: DeepSocket = socket;
  const id: string = deep.id;
  return id;
});
export const other: all.Server = new all.Server(0);
