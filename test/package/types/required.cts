// Types of the package for require(), and of named imports in a CommonJS module.
import { createServer } from "node:http";
import io = require("bun-socket.io");
import engine = require("bun-socket.io/engine");
import stock = require("socket.io-client");
import contracts = require("bun-socket.io/contract");
import paths = require("bun-socket.io/path");
import redis = require("bun-socket.io/redis");
import type { Server, ServerOptions } from "bun-socket.io";

const options: Partial<ServerOptions> = { serveClient: false };
const called: Server = io(options);
const attached: Server = io(createServer(), options);
const constructed: io.Server = new io.Server(0, options);
// @ts-expect-error: a server is no number
const wrong: number = io(0, options);
called.on("connection", (socket: io.Socket) => {
  const id: string = socket.id;
  return id;
});
const clients: number = constructed.engine.clientsCount;
// The classes are the same, however they are named.
const same: typeof Server = io.Server;
const protocol: number = engine.protocol;
const overRedis = new io.Server({ adapter: redis.createAdapter({}, {}, { key: "k" }) });
const room: { readonly roomId: string } | null = paths.path("/rooms/:roomId").match("/rooms/1");
const simple = contracts.defineContract({ clientToServer: { a: {} }, serverToClient: {} });
const client: contracts.ClientSocket<typeof simple> = contracts.typedClient(stock.io(), simple);
client.emit("a").io.opts;
const contracted = contracts.withContract(constructed.of("/a"), simple);
export = {
  contracted,
  overRedis,
  room,
  wrong,
  attached,
  clients,
  same,
  protocol,
  namespace: io.Namespace,
};
