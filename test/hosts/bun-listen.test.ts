// Where a server can listen: TLS, IPv6, unix sockets, and ports shared by processes.

import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server, type ServerOptions, type Socket, SocketIOError } from "bun-socket.io";
import { Clients, once } from "../support/clients.ts";
import { portOf, TRANSPORTS } from "../support/hosts.ts";

const pem = await Bun.file(`${import.meta.dir}/../support/tls.pem`).text();
const tls = { key: pem, cert: pem };
const directory = mkdtempSync(join(tmpdir(), "bun-socket.io-"));
const clients = new Clients();
afterEach(() => clients.closeAll());
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));

type Where = Pick<ServerOptions, "hostname" | "tls" | "ipv6Only" | "reusePort">;

/** The ways to listen, each given a server and the port it has then. */
const WAYS: readonly {
  name: string;
  start(where: Where): { io: Server; port: number; close(): Promise<void> };
}[] = [
  {
    name: "io.listen(port, options)",
    start(where) {
      const io = new Server();
      io.listen(0, where);
      return { io, port: portOf(io.httpServer), close: () => io.close() };
    },
  },
  {
    name: "new Server(port, options)",
    start(where) {
      const io = new Server(0, where);
      return { io, port: portOf(io.httpServer), close: () => io.close() };
    },
  },
  {
    name: "Bun.serve",
    start(where) {
      const io = new Server();
      const server = Bun.serve({ port: 0, ...(where as { hostname: string }), ...io.handler() });
      const close = async (): Promise<void> => {
        await io.close();
        await server.stop(true);
      };
      return { io, port: server.port ?? 0, close };
    },
  },
];

const PLACES: readonly { name: string; where: Where; url: string; address: string }[] = [
  { name: "IPv4", where: { hostname: "127.0.0.1" }, url: "http://127.0.0.1", address: "127.0.0.1" },
  { name: "IPv6", where: { hostname: "::1" }, url: "http://[::1]", address: "::1" },
  {
    name: "IPv6 alone",
    where: { hostname: "::", ipv6Only: true },
    url: "http://[::1]",
    address: "::1",
  },
  {
    name: "TLS",
    where: { hostname: "127.0.0.1", tls },
    url: "https://127.0.0.1",
    address: "127.0.0.1",
  },
  { name: "TLS on IPv6", where: { hostname: "::1", tls }, url: "https://[::1]", address: "::1" },
];

describe.each(WAYS)("$name", ({ start }) => {
  for (const { name, where, url, address } of PLACES) {
    test.each(TRANSPORTS)(`serves ${name}, over $name`, async ({ transports }) => {
      const { io, port, close } = start(where);
      const connection = once<[Socket]>(io, "connection");
      const client = await clients.connect(`${url}:${port}`, {
        transports: [...transports],
        rejectUnauthorized: false,
      });
      const [socket] = await connection;
      expect(socket.handshake.address).toBe(address);
      expect(socket.handshake.secure).toBe(url.startsWith("https"));
      expect(client.io.engine.transport.name).toBe(transports.at(-1) ?? "");
      client.on("echo", (value, reply) => reply(value));
      expect(await socket.emitWithAck("echo", "over")).toBe("over");
      await close();
    });
  }
});

test("ipv6Only leaves the port of the IPv4 addresses alone", async () => {
  const io = new Server();
  io.listen(0, { hostname: "::", ipv6Only: true });
  expect(io.httpServer?.address()).toMatchObject({ address: "::", family: "IPv6" });
  await expect(fetch(`http://127.0.0.1:${portOf(io.httpServer)}`)).rejects.toThrow();
  await io.close();
});

/** A port in front of a unix socket, as a reverse proxy has one: clients cannot dial a path. */
async function proxyTo(path: string): Promise<{ url: string; close(): Promise<void> }> {
  const proxy = createServer((client) => {
    const server = connect(path);
    client.pipe(server).pipe(client);
    client.on("error", () => {}).on("close", () => server.destroy());
    server.on("error", () => {}).on("close", () => client.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = proxy.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const close = (): Promise<void> => new Promise((resolve) => proxy.close(() => resolve()));
  return { url: `http://127.0.0.1:${port}`, close };
}

describe.each([
  [
    "listen()",
    (path: string) => {
      const io = new Server();
      io.listen(path);
      expect(io.httpServer?.address()).toBe(path);
      expect(() => io.listen(0)).toThrow(`listens on ${path} already`);
      return { io, close: () => io.close() };
    },
  ],
  [
    "new Server(path)",
    (path: string) => {
      const io = new Server(path);
      return { io, close: () => io.close() };
    },
  ],
  [
    "Bun.serve",
    (unix: string) => {
      const io = new Server();
      const server = Bun.serve({ unix, ...io.handler() });
      const close = async (): Promise<void> => {
        await io.close();
        await server.stop(true);
      };
      return { io, close };
    },
  ],
] as const)("on a unix socket, with %s,", (_, start) => {
  test.each(TRANSPORTS)("a client connects over $name", async ({ transports }) => {
    const socketPath = join(directory, "io.sock");
    const { io, close } = start(socketPath);
    const connection = once<[Socket]>(io, "connection");
    const proxy = await proxyTo(socketPath);
    const client = await clients.connect(proxy.url, { transports: [...transports] });
    const [socket] = await connection;
    expect([socket.handshake.address, socket.handshake.secure]).toEqual(["", false]);
    expect(socket.request.socket.remoteFamily).toBeUndefined();
    client.on("echo", (value, reply) => reply(value));
    expect(await socket.emitWithAck("echo", "over")).toBe("over");
    await close();
    await proxy.close();
    expect(existsSync(socketPath)).toBeFalse();
  });
});

test("a unix socket has no hostname, and a path no number", () => {
  const code = (act: () => unknown): string | undefined => {
    try {
      act();
    } catch (error) {
      return error instanceof SocketIOError ? error.code : String(error);
    }
    return undefined;
  };
  const io = new Server();
  expect(code(() => io.listen(join(directory, "x.sock"), { hostname: "::1" }))).toBe(
    "ERR_INVALID_OPTION",
  );
  expect(code(() => io.listen("x.sock"))).toBe("ERR_INVALID_ARGUMENT");
  for (const options of [{ tls: true }, { reusePort: 1 }, { ipv6Only: "yes" }]) {
    expect(code(() => new Server(options as object))).toBe("ERR_INVALID_OPTION");
  }
  expect(io.httpServer).toBeUndefined();
});

test("with reusePort, processes share a port and its clients", async () => {
  const program = `${import.meta.dir}/../support/echo-process.ts`;
  const spawn = (port: string) =>
    Bun.spawn([process.execPath, program, port], { stdout: "pipe", stderr: "inherit" });
  const portOf = async (child: ReturnType<typeof spawn>): Promise<string> => {
    const { value } = await child.stdout.getReader().read();
    return new TextDecoder().decode(value).trim();
  };
  const first = spawn("0");
  const port = await portOf(first);
  const second = spawn(port);
  try {
    expect(await portOf(second)).toBe(port);
    const reached = new Set<number>();
    while (reached.size < 2) {
      const client = clients.make(`http://127.0.0.1:${port}`, { transports: ["websocket"] });
      const [pid] = await once<[number]>(client, "process");
      reached.add(pid);
    }
    expect(reached).toEqual(new Set([first.pid, second.pid]));
    clients.closeAll();
  } finally {
    first.kill();
    second.kill();
    await Promise.all([first.exited, second.exited]);
  }
});
