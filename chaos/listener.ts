// A client of a node: it hears its broadcasts. A raw WebSocket, which costs the runner little.

import { ASK, TICK } from "./server/protocol.ts";

/** Told of each broadcast: who sent it, its number, and when. */
export type OnTick = (sender: string, number: number, sentAt: number) => void;

const PACKET = /^42(\d*)(\[.*)$/s;

/** Connects to the default namespace, and resolves when it has joined it. */
export function listen(port: number, onTick: OnTick): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
    const listener = { close: () => socket.close() };
    socket.onerror = () => reject(new Error(`no connection to the node on port ${port}`));
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (typeof data !== "string") return;
      if (data.startsWith("42")) onPacket(socket, data, onTick);
      else if (data.startsWith("40")) resolve(listener);
      else if (data.startsWith("0")) socket.send("40");
      else if (data === "2") socket.send("3");
    };
  });
}

/** A connected client. */
export interface Listener {
  close(): void;
}

function onPacket(socket: WebSocket, data: string, onTick: OnTick): void {
  const [, id = "", text = "[]"] = PACKET.exec(data) ?? [];
  const packet: unknown = JSON.parse(text);
  if (!Array.isArray(packet)) return;
  const [event, sender, number, sentAt] = packet;
  if (event === TICK) onTick(String(sender), Number(number), Number(sentAt));
  else if (event === ASK && id !== "") socket.send(`43${id}["yes"]`);
}
