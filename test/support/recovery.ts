// Clients that lose their connection, and come back.

import { expect } from "bun:test";
import type { Socket as ClientSocket } from "socket.io-client";
import { connected, once, upgraded } from "../support/clients.ts";
import { arrived, type Pair, type World } from "../support/world.ts";

/** Ends the connection without a word to the namespaces, and waits until the server knows. */
export async function drop({ client, socket }: Pair): Promise<string> {
  const gone = once<[string]>(socket, "disconnect");
  client.io.engine.close();
  return (await gone)[0];
}

/** Connects a client again. */
export async function comeBack(world: World, client: ClientSocket, name = "/"): Promise<Pair> {
  client.connect();
  await connected(client);
  if (!world.isPolling && world.transports.length > 1) {
    await upgraded(client);
  }
  return { client, socket: world.socketOf(client, name) };
}

/** The same after a connection lost, with what the client was sent meanwhile. */
export async function recover(world: World, pair: Pair, meanwhile = () => {}): Promise<Pair> {
  await drop(pair);
  meanwhile();
  return comeBack(world, pair.client, pair.socket.nsp.name);
}

/** The events without the offsets that the server appends to them. */
export function withoutOffsets(events: unknown[][]): unknown[][] {
  return events.map((event) => {
    expect(event.at(-1)).toBeString();
    return event.slice(0, -1);
  });
}

/** A client that has got something, and with it an offset. */
export async function joinAndHear(world: World, name = "/", options = {}): Promise<Pair> {
  const pair = await world.join(name, options);
  await arrived(pair);
  return pair;
}
