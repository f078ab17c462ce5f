import { afterEach, expect, test } from "bun:test";
import { Server, type Socket } from "bun-socket.io";
import { Clients, once } from "../support/clients.ts";
import { TRANSPORTS } from "../support/hosts.ts";

// A key that is good for nothing but these tests, and its certificate, for the loopback.
const pem = await Bun.file(`${import.meta.dir}/../support/tls.pem`).text();
const hostname = "127.0.0.1";

const clients = new Clients();
afterEach(() => clients.closeAll());

test.each(TRANSPORTS)(
  "serves TLS, which the handshake calls secure, over $name",
  async ({ transports }) => {
    const io = new Server();
    const server = Bun.serve({ port: 0, hostname, tls: { key: pem, cert: pem }, ...io.handler() });
    const connection = once<[Socket]>(io, "connection");
    const client = await clients.connect(`https://${hostname}:${server.port}`, {
      transports: [...transports],
      rejectUnauthorized: false,
    });
    const [socket] = await connection;
    expect(socket.handshake.secure).toBeTrue();
    expect(socket.handshake.url).toStartWith("/socket.io/?");
    expect(client.io.engine.transport.name).toBe(transports.at(-1) ?? "");
    client.on("echo", (value, reply) => reply(value));
    expect(await socket.emitWithAck("echo", Buffer.from("x"))).toEqual(Buffer.from("x"));
    await io.close();
    await server.stop(true);
  },
);
