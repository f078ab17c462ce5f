import { Server } from "socket.io";

try {
  new Server({ pingInterval: -1 });
} catch (error) {
  console.log(error instanceof Error ? error.stack : error);
}
