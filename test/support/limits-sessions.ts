import type { SocketIOError } from "bun-socket.io";
import { once } from "./clients.ts";
import { RawClient } from "./raw-client.ts";
import type { World } from "./world.ts";

export const ADDRESS = "127.0.0.1";

/** What a stock client tells of a connection that was closed. */
export interface CloseDetails {
  context?: { code?: number; reason?: string };
}

/** What ended a client's socket: what the server hears, and what the client gets. */
export async function ends(world: World, { client, socket }: Awaited<ReturnType<World["join"]>>) {
  const [[reason, error], [clientReason, details]] = await Promise.all([
    once<[string, SocketIOError]>(socket, "disconnect"),
    once<[string, CloseDetails]>(client, "disconnect"),
  ]);
  const { code, reason: text } = details.context ?? {};
  return {
    server: [reason, error.code, error.limit],
    // Over polling there is no Close frame, and it depends on what the client is about to do.
    client: world.isPolling ? ["over"] : [clientReason, code, text],
  };
}

export function expected(world: World, reason: string, limit: string, code: number) {
  return {
    server: [reason, "ERR_LIMIT_EXCEEDED", limit],
    client: world.isPolling ? ["over"] : ["transport close", code, reason],
  };
}

export const openRaw = (world: World): Promise<RawClient> =>
  RawClient.open(world.running.url, world.isPolling ? "polling" : "websocket");
