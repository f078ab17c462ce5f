// Servers made and configured, as people write it.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { Server, type ServerOptions, type Socket } from "socket.io";
import { type Equal, expectType } from "../expect.ts";

export function make(): void {
  new Server();
  new Server(3000);
  new Server({ path: "/x" });
  new Server(3000, { cors: { origin: "*" } });
  new Server(undefined, {});
  new Server(undefined);
  const http = createServer();
  new Server(http);
  new Server(http, { cors: { origin: ["https://example.com"], methods: ["GET", "POST"] } });
  new Server(createSecureServer({}));
  new Server().attach(http).attach(3000, {}).listen(http, { path: "/y" }).listen(3000);
  const io = new Server();
  io.close();
  io.close((error) => expectType<Equal<typeof error, Error | undefined>>()).then(() => {});
  expectType<Equal<ReturnType<typeof io.close>, Promise<void>>>();
  // @ts-expect-error it is a number
  new Server({ pingInterval: "1000" });
  // @ts-expect-error there is no such transport
  new Server({ transports: ["flash"] });
  // @ts-expect-error there is no such option
  new Server({ unknown: true });
  // @ts-expect-error it is true or false
  new Server({ serveClient: "yes" });
  // @ts-expect-error options come last
  new Server({}, 3000);
}

export function options(): void {
  const some: Partial<ServerOptions> = { path: "/x", pingInterval: 1000 };
  new Server(some);
  new Server(3000, some);
  new Server({ ...some, serveClient: false });
  const every: Partial<ServerOptions> = {
    path: "/x",
    serveClient: true,
    connectTimeout: 1,
    pingTimeout: 1,
    pingInterval: 1,
    upgradeTimeout: 1,
    maxHttpBufferSize: 1e8,
    allowRequest: (req, decide) => {
      const origin = req.headers.origin;
      decide(null, origin === undefined);
      decide("no", false);
      decide(undefined, true);
      // @ts-expect-error it wants to know whether
      decide(null);
    },
    transports: ["polling", "websocket", "webtransport"],
    allowUpgrades: true,
    perMessageDeflate: { threshold: 2048, zlibDeflateOptions: { chunkSize: 1024 } },
    httpCompression: { threshold: 1 },
    initialPacket: "text",
    cookie: { name: "io", httpOnly: true, sameSite: "strict", maxAge: 86400, path: "/" },
    cors: { origin: /example/, credentials: true, allowedHeaders: ["x-a"], methods: "GET" },
    destroyUpgrade: true,
    destroyUpgradeTimeout: 1000,
    addTrailingSlash: false,
    cleanupEmptyChildNamespaces: true,
    connectionStateRecovery: { maxDisconnectionDuration: 1, skipMiddlewares: true },
    allowEIO3: true,
  };
  new Server(every);
  new Server({
    cors: (req: IncomingMessage, callback: (error: Error | null, options: object) => void) =>
      callback(null, { origin: req.headers.origin }),
  } as Partial<ServerOptions>);
  new Server({ cors: { origin: (_origin, decide) => decide(null, true) } });
  new Server({ connectionStateRecovery: {} });
  new Server({ perMessageDeflate: false, httpCompression: false, cookie: false });
  const path: ServerOptions["path"] = "/x";
  const cors: ServerOptions["cors"] = { origin: "*" };
  new Server({ path, ...(cors && { cors }) });
}

export function configure(io: Server): void {
  expectType<Equal<ReturnType<typeof io.engine.generateId>, string | PromiseLike<string>>>();
  const path: string = io.path();
  const served: boolean = io.serveClient();
  const time: number = io.connectTimeout();
  io.path("/y").serveClient(true).connectTimeout(1);
  io.engine.clientsCount.toFixed();
  io.engine.generateId = () => "id";
  io.engine.generateId = async (req) => `${req.url}`;
  io.engine.opts.pingInterval?.toFixed();
  // @ts-expect-error it is a number
  io.connectTimeout("1");
  void [path, served, time];
}

export function engine(io: Server): void {
  io.engine.on("connection_error", (error) => [
    error.req,
    error.code,
    error.message,
    error.context,
  ]);
  io.engine.on("headers", (headers, req) => {
    headers["x-url"] = req.url;
  });
  io.engine.on("initial_headers", (headers: Record<string, string>, req: IncomingMessage) => {
    headers["set-cookie"] = `${req.headers.cookie}`;
  });
  io.engine.on("connection", (rawSocket) => {
    rawSocket.id;
    rawSocket.request.headers;
  });
  io.engine.use((req: IncomingMessage, res: ServerResponse, next: () => void) => {
    res.setHeader("x-a", `${req.url}`);
    next();
  });
  const onlyForHandshake =
    (middleware: (req: any, res: any, next: any) => void) => (req: any, res: any, next: any) => {
      const isHandshake = req._query.sid === undefined;
      if (isHandshake) middleware(req, res, next);
      else next();
    };
  io.engine.use(onlyForHandshake((_req, _res, next) => next()));
}

export function socketsOf(io: Server): Socket[] {
  return Array.from(io.sockets.sockets.values());
}
