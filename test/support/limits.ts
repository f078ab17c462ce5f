// What tests of limits share: servers on either kind of host, and what became of handshakes.

import { afterEach, describe } from "bun:test";
import type { LimitExceeded } from "bun-socket.io/engine";
import type { Server } from "bun-socket.io";
import type { Socket as ClientSocket } from "socket.io-client";
import { once } from "./clients.ts";
import { HOSTS } from "./hosts.ts";
import { exchange, type RawResponse } from "./raw.ts";
import { requestWebSocket } from "./raw-websocket.ts";
import { TRANSPORTS } from "./hosts.ts";
import { World } from "./world.ts";

/** `Bun.serve`, and `node:http`: what reads the requests is all that matters to limits. */
const BOTH_HOSTS = HOSTS.filter(({ name }) => name === "listen()" || name.includes("node:http"));

/** Runs a suite over both hosts, and over polling and WebSocket. */
export function overBothHosts(suite: (world: World) => void): void {
  for (const host of BOTH_HOSTS) {
    for (const { name, transports } of TRANSPORTS.slice(0, 2)) {
      describe(`${host.name}, over ${name}`, () => {
        const world = new World(host, transports);
        afterEach(() => world.end());
        suite(world);
      });
    }
  }
}

/** A handshake over the transport of a world, as it is answered. */
export async function handshake(
  { isPolling, running: { port } }: World,
  headers: Record<string, string> = {},
): Promise<RawResponse> {
  if (isPolling) {
    return exchange(port, "GET", "/socket.io/?EIO=4&transport=polling", headers);
  }
  const path = "/socket.io/?EIO=4&transport=websocket";
  const { answer, connection } = await requestWebSocket(port, path, headers);
  connection.destroy();
  return answer;
}

/** Status, what the client is told, and when it may try again. */
export function told({ status, body, headers }: RawResponse): unknown[] {
  const retryAfter = headers["retry-after"];
  return [status, body, ...(retryAfter === undefined ? [] : [retryAfter])];
}

/** The refusal of a handshake over the transport of a world. */
export function refusal(
  { isPolling }: World,
  status: number,
  message: string,
  code = 6,
): unknown[] {
  const body = isPolling ? JSON.stringify({ code, message }) : message;
  return [status, body, ...(code === 6 ? ["1"] : [])];
}

/** The `connect_error` of a stock client; over polling it has the status as its description. */
export async function connectError(
  client: ClientSocket,
): Promise<Error & { description: unknown }> {
  const [error] = await once<[Error & { description: unknown }]>(client, "connect_error");
  return error;
}

/** What the operator hears of limits from now on. */
export function recordLimits(io: Server): Partial<LimitExceeded>[] {
  const heard: Partial<LimitExceeded>[] = [];
  io.engine.on("limit_exceeded", ({ limit, value, address, namespace }) =>
    heard.push({ limit, value, address, ...(namespace === undefined ? {} : { namespace }) }),
  );
  return heard;
}
